/** What throw-away processes do without (ADR 21), and that no other program does. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { unwatched } from '../../runtime/brief.js';
import { ROOT } from '../support/program.js';

/** Calls into a context with a limit of 20 ms and needs 200, here and in a worker thread; says what became of both. */
const PROBE = `
  const { Worker } = require('node:worker_threads');
  function call() {
    const vm = require('node:vm');
    const slow = 'for (const until = Date.now() + 200; Date.now() < until; ); "returned"';
    try {
      return new vm.Script(slow).runInContext(vm.createContext({ Date }), { timeout: 20 });
    } catch (error) {
      return error.code;
    }
  }
  const source = 'require("node:worker_threads").parentPort.postMessage((' + call + ')())';
  new Worker(source, { eval: true }).on('message', (inThread) => console.log(call(), inThread));
`;

async function probe(flags: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', PROBE], { cwd: ROOT });
  return stdout.trim();
}

describe('a call into a sandbox', () => {
  it('has its limit as Node means it', async () => {
    expect(await probe([])).toBe('ERR_SCRIPT_EXECUTION_TIMEOUT ERR_SCRIPT_EXECUTION_TIMEOUT');
  });
  it('has none in the threads of a throw-away process', async () => {
    expect(await probe(unwatched(`${ROOT}/dist`))).toBe('ERR_SCRIPT_EXECUTION_TIMEOUT returned');
  });
});
