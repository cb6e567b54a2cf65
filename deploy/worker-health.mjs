/**
 * Is this worker of use: Temporal answers, somebody works on both queues, the ledger is there and up to date. Other
 * findings of `doctor` (mail host down, no organisation yet) are no reason to call the worker sick.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const NEEDED = ['stack', 'temporal', 'search attributes', 'worker', 'ledger', 'migrations'];

const cli = fileURLToPath(new URL('../dist/program/aftercare.js', import.meta.url));
const asked = spawnSync(process.execPath, [cli, 'doctor', '--json'], { encoding: 'utf8', timeout: 25_000 });
let checks = [];
try {
  checks = JSON.parse(asked.stdout).checks;
} catch {
  console.log(`doctor gave no answer: ${asked.stderr}`);
}
const bad = NEEDED.filter((name) => checks.find((check) => check.name === name)?.state !== 'ok');
for (const name of bad) console.log(name, checks.find((check) => check.name === name)?.text ?? 'not checked');
process.exitCode = bad.length === 0 ? 0 : 1;
