/** Writes examples/scenario.schema.json from the definitions in scenario.ts: `node dist/simulation/schema-main.js`. */
import { join } from 'node:path';
import { packageRoot } from '../runtime/config.js';
import { writeAtomically } from '../runtime/files.js';
import { scenarioJsonSchema } from './scenario.js';

const file = join(packageRoot(), 'examples', 'scenario.schema.json');
writeAtomically(file, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
process.stderr.write(`${file}\n`);
