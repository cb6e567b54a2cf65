/**
 * For programs that live for seconds: V8's optimising compilers cost them more than they give. Code that is really hot is
 * still optimised, only later, so nothing that lives longer has a disadvantage worth an exception.
 */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** How much of a function runs before it is optimised, in bytes of bytecode; some fifteen times the default. */
export const BRIEF = '--interrupt-budget=1000000';
/** WebAssembly stays as the quick compiler made it: for PGlite, which is large and of which each scenario runs little. */
export const WASM_AS_COMPILED = '--no-wasm-tier-up';

/** For the server of a simulation: its threads would take a seventh of its time from each other. */
export const SERVER_ON_ONE_CORE = { GOMAXPROCS: '1' } as const;

/** For processes that only simulate or test: see unwatched.cts. `dist` is the built tree. */
export function unwatched(dist: string): string[] {
  return ['--require', join(dist, 'runtime', 'unwatched.cjs')];
}

/** Makes this process one of them. */
export function beBrief(): void {
  setFlagsFromString(BRIEF);
}
