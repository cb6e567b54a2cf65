import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { goldensIn, replayHistories, scenariosIn, type RunReplay } from '../../audit/index.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const bundle = at('../../dist/workflow-bundle.js');
const goldens = await goldensIn(at('./histories'));
const scenarios = await scenariosIn(at('../../examples/scenarios'));

beforeAll(() => {
  // A mismatch is told by the test; the SDK would print it a second time.
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  });
});

describe('AT-51 golden histories', () => {
  it('are replayed against the bundle that ships', () => {
    expect(existsSync(bundle), `${bundle} is missing: npm run build`).toBe(true);
  });

  it('stand for every scenario, and for nothing else', () => {
    const recorded = new Set(goldens.map((golden) => golden.scenario));
    expect(
      scenarios.filter((name) => !recorded.has(name)),
      'scenarios without a golden history: node dist/simulation/record-goldens.js',
    ).toEqual([]);
    expect(
      [...recorded].filter((name) => !scenarios.includes(name)),
      'golden histories without a scenario: see tests/replay/README.md before deleting one',
    ).toEqual([]);
  });

  // A replay always starts from an empty cache. What a worker with its cache off adds is that no case finds modules
  // another case has already run: the second pass gives every run a sandbox of its own.
  describe.each([true, false])('in a shared sandbox: %s', (reuseSandbox) => {
    const inputs = goldens.flatMap((golden) =>
      golden.runs.map((history, index) => ({ golden, label: `run ${index + 1}`, history })),
    );
    let results: RunReplay[];
    beforeAll(async () => {
      // All in one go: each replay worker has to read the bundle first.
      results = await replayHistories(inputs, bundle, { reuseSandbox });
    });

    it.each(goldens.map((golden) => ({ golden, ...golden })))('AT-51 $scenario of $version', ({ golden }) => {
      const own = results.filter((_, index) => inputs[index]!.golden === golden);
      expect(own.map(({ label, result }) => `${label}: ${result}`)).toEqual(
        golden.runs.map((_, index) => `run ${index + 1}: match`),
      );
    });
  });
});
