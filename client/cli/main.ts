#!/usr/bin/env node
/** The `aftercare` program. */
import { beBrief } from '../../runtime/brief.js';
import { run } from './run.js';

beBrief();

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await run(process.argv.slice(2));
// What a driver still holds open must not keep a finished command alive; what was written must get out first.
process.stdout.write('', () => process.exit(code));
