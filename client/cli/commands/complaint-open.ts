import { opening } from '../opening.js';

export default opening('complaint', {
  title: 'New complaint',
  summary: 'enter a complaint; any member of staff may',
  examples: [
    'aftercare complaint open --answer problemType=productQuality --answer matter="printer leaks ink" --answer customer=qingshan --as li.na',
    'aftercare complaint open --file complaint.yaml --as li.na',
  ],
  notes: [
    'Fields: problemType and matter are required; channel, customer, complainant.name, complainant.phone, demand,',
    'amountDisputed, media, safety, personsConcerned, identity … may follow. Acknowledged on the spot: acknowledged.grade=general.',
  ],
});
