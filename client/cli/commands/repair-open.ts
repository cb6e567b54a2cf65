import { opening } from '../opening.js';

export default opening('repair', {
  title: 'New repair',
  summary: 'enter a fault as it is told on the telephone, with the ordered diagnosis (HOT-05)',
  examples: [
    'aftercare repair open --file repair.yaml --as li.na --dry-run',
    'aftercare repair open --file repair.yaml --as li.na',
  ],
  notes: [
    'Fields: customer (on file), caller, taxSubBureau, symptom, and the diagnosis step by step, each a value or the reason',
    'why it was skipped: diagnosis.readerLamp.value=red, diagnosis.memory.skipped=cannotEnter. Helped in the call: remote.result=solved.',
    'blocksFiling=yes: due the same or the next day (W13).',
  ],
});
