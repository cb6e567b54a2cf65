/** 取机凭证 (ONS-14): taken along, repaired, brought back. */
import { expect, test } from 'vitest';
import { pickUpVoucher } from '../../activities/pick-up-voucher.js';
import { renderDocument } from '../../documents/index.js';
import { at, paperCase, type PaperCase } from '../support/paper-case.js';
import { repairCase, VISIT, WORKSHOP } from '../support/repair-case.js';

const voucherOf = (given: PaperCase) => {
  const { ports, file, order } = paperCase(given, 'pickUpVoucher');
  return pickUpVoucher(ports, file, order);
};

const TAKEN = {
  items: [
    {
      name: '主机',
      model: '启天M4350',
      serialNo: '无',
      accessories: '电源线一根',
      appearance: '轻微划痕',
      photo: '附件\nc10000000000',
    },
  ],
  containsSpecialDevice: '否',
  backup: '客户不同意备份',
  riskNote: '附件 b10000000000',
  reason: '频繁死机：主板老化',
  consentBy: '严帆 2030年3月4日15:00',
  takenBy: '王雷 2030年3月4日15:00',
  destination: '厂家',
  promisedReturnOn: '2030年3月8日',
  estimate: '300.00',
  limit: '400.00',
  signatureOut: { signerName: '严帆', signedAt: '2030年3月4日15:00' },
  technicianOut: { name: '王雷', signedAt: '2030年3月4日15:00' },
};

test('ONS-14 what was taken, and the workshop and the way back once they are known', async () => {
  expect(await voucherOf(repairCase(VISIT))).toMatchObject({
    head: { formNo: 'W20300304-001/voucher#1', printedSerial: 'QJ-31', state: '已签', filledBy: '王雷' },
    ...TAKEN,
    workshopReceivedBy: '',
    workshopResult: '',
    cost: '',
    extensions: [],
    returnedAt: '',
    testedInFront: '',
    signatureBack: { signerName: '', signedAt: '' },
    technicianBack: {},
  });
  expect(await voucherOf(repairCase([...VISIT, ...WORKSHOP]))).toMatchObject({
    head: { state: '已归档', createdAt: at(20, '02:00') },
    ...TAKEN,
    workshopReceivedBy: '顾云 2030年3月4日17:20',
    workshopResult: '修好',
    cost: '380.00',
    extensions: [{ newDate: '2030年3月11日', toldAt: '2030年3月8日10:00' }],
    returnedAt: '2030年3月11日10:10',
    returnedTo: '严帆',
    identityCheck: '当面核对',
    testedInFront: '是',
    conditionBack: '完好',
    voucherTakenBack: '否',
    lostDeclaration: '附件 d10000000000',
    signatureBack: { signerName: '严帆', signedAt: '2030年3月11日10:10' },
    technicianBack: { name: '王雷', signedAt: '2030年3月11日10:10' },
  });
});

test('erased texts say so; nothing known is an empty voucher that can be printed', async () => {
  const erased = await voucherOf(repairCase(VISIT, { erased: ['严帆', '电源线一根'] }));
  expect(erased).toMatchObject({
    consentBy: '（已删除） 2030年3月4日15:00',
    items: [{ accessories: '（已删除）' }],
    signatureOut: { signerName: '（已删除）' },
  });
  const empty = await voucherOf({ process: 'repair', intake: {}, tasks: [] });
  expect(empty.items).toEqual([]);
  expect(JSON.stringify(empty)).not.toMatch(/undefined|null|NaN/);
  await expect(renderDocument('pickUpVoucher', empty)).resolves.toBeInstanceOf(Uint8Array);
});
