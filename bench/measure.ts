/** Rounds of many cases at once and of one at a time, the contenders taking turns. */
import type { Contender } from './contenders.js';

export interface Rate {
  perSecond: number;
  /** Of each round, in its order. */
  rounds: number[];
}
export interface Latency {
  p50: number;
  p99: number;
  samples: number;
}

export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}

/** Every contender once a round, the order turned by one each round, so that a growing database hits all alike. */
export async function rates(
  contenders: Contender[],
  options: { rounds: number; cases: number; atOnce: number; from: number; tell: (line: string) => void },
): Promise<Map<Contender, Rate>> {
  const { rounds, cases, atOnce, tell } = options;
  const found = new Map(contenders.map((each) => [each, [] as number[]]));
  let number = options.from;
  for (let round = 0; round < rounds; round++) {
    for (const contender of turned(contenders, round)) {
      let left = cases;
      const lane = async () => {
        while (left > 0) {
          left -= 1;
          await contender.run((number += 1));
        }
      };
      const since = performance.now();
      await Promise.all(Array.from({ length: atOnce }, lane));
      const rate = (cases * 1000) / (performance.now() - since);
      found.get(contender)!.push(rate);
      tell(`round ${round + 1} of ${rounds}: ${contender.name} ${rate.toFixed(1)} cases/s`);
    }
  }
  // The mean pace of equal rounds is the harmonic one: cases over time.
  return new Map(
    [...found].map(([contender, all]) => [
      contender,
      { perSecond: all.length / all.reduce((sum, rate) => sum + 1 / rate, 0), rounds: all },
    ]),
  );
}

/** One case at a time, contender after contender. */
export async function latencies(
  contenders: Contender[],
  options: { cases: number; from: number; tell: (line: string) => void },
): Promise<Map<Contender, Latency>> {
  const found = new Map(contenders.map((each) => [each, [] as number[]]));
  let number = options.from;
  for (let index = 0; index < options.cases; index++) {
    for (const contender of turned(contenders, index))
      found.get(contender)!.push(...(await contender.run((number += 1))));
    if ((index + 1) % 10 === 0) options.tell(`one at a time: ${index + 1} of ${options.cases}`);
  }
  return new Map(
    [...found].map(([contender, all]) => [
      contender,
      { p50: percentile(all, 50), p99: percentile(all, 99), samples: all.length },
    ]),
  );
}

function turned<T>(list: T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
