import { opening } from '../opening.js';

export default opening('issuance', {
  title: 'New issuance',
  summary: 'enter a request for special devices; the legal three workdays begin (REG-01)',
  examples: [
    'aftercare issuance open --file issuance.yaml --as li.na --dry-run',
    'aftercare issuance open --file issuance.yaml --as li.na',
  ],
  notes: [
    'Fields: customer (on file), noticeNo and noticeOn of the bureau (REG-02), bureau, and devices, one line for each machine:',
    'devices: [{ family: goldenTaxDisk, machineNo: 0 }]. A replacement names the serial it replaces.',
  ],
});
