import { opening } from '../opening.js';

export default opening('trip', {
  title: 'New trip',
  summary:
    'plan one run to the tax bureau for several customers, with one appointment and one borrow slip (W20)',
  examples: [
    'aftercare trip open --answer bureau=xihu-bureau --as li.na --dry-run',
    'aftercare trip open --answer bureau=xihu-bureau --as li.na',
  ],
  notes: [
    'Fields: bureau. The time it agrees to is the answer to planTrip; then an issuance takes its place on the trip by naming it:',
    'aftercare task complete CASE --task callBureau --answer result=accepted --answer trip=R20300304-001',
  ],
});
