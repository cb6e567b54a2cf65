/** 售后服务回单 (ONS-23): the visit in a few lines, what it cost, and where to complain (CMP-01). */
import { expect, test } from 'vitest';
import { receipt } from '../../activities/receipt.js';
import { renderDocument } from '../../documents/index.js';
import { answered, at, paperCase, type PaperCase } from '../support/paper-case.js';
import { FAULT, repairCase, SECOND_FAULT, VISIT, WORKSHOP } from '../support/repair-case.js';

const receiptOf = (given: PaperCase, visit = 1) => {
  const { ports, file, order } = paperCase(given, 'receipt', visit);
  return receipt(ports, file, order);
};

test('ONS-23 the whole receipt in the words of the trade', async () => {
  expect(await receiptOf(repairCase([...VISIT, ...WORKSHOP]))).toEqual({
    head: {
      company: '示例税控服务有限公司',
      hotline: '0571-5550100',
      formNo: 'W20300304-001/receipt#1',
      caseNo: 'W20300304-001',
      printedSerial: 'HD-0311',
      filledBy: '王雷',
      filledAt: '2030年3月4日15:10',
      state: '已归档',
      printedAt: '2030年3月20日10:00',
      createdAt: at(20, '02:00'),
    },
    customer: expect.objectContaining({
      companyName: '杭州云帆物流有限公司',
      siteAddress: '文三路示例大厦5楼',
    }),
    serviceForm: 'JF-0311',
    serviceKind: '维修',
    serials: 'JSP-1',
    faultSummary: '1. 频繁死机\n2. 打印缺针',
    treatmentSummary: '1. 取回、转厂家，取回\n2. 更换，已解决',
    parts: '打印头×1（旧PH-OLD/新PH-1）',
    arriveAt: '2030年3月4日14:20',
    leaveAt: '2030年3月4日15:15',
    charged: '410.00元',
    invoiceGiven: '是',
    result: '取回',
    opinion: '上门及时',
    satisfaction: '满意',
    complaintPlace: '示例路1号',
    complaintPhone: '0571-5550100',
    customerCopyGiven: '是',
    companyCopyInAt: '2030年3月4日17:10',
    checkedBy: '顾云',
    signature: {
      signerName: '严帆',
      signedAt: '2030年3月4日15:10',
      stamped: '是',
      stampMissingReason: '',
      stampDueOn: '',
    },
    technicianSignature: { name: '王雷', signedAt: '2030年3月4日15:10' },
  });
});

const work = (faults: object[]) => [
  answered('repairOnSite', 'wang.lei', at(4, '07:00'), { faults, tidied: true }),
  answered('signForm', 'wang.lei', at(4, '07:10'), {
    receiptNo: 'HD-1',
    customerCopyGiven: true,
    stamped: true,
  }),
];

test('a visit for nothing but replacing or upgrading is called so; no fee is 0.00, no opinion is 未评', async () => {
  const replaced = await receiptOf(repairCase(work([{ ...SECOND_FAULT, parts: [] }])));
  expect(replaced).toMatchObject({
    serviceKind: '更换',
    faultSummary: '打印缺针',
    charged: '0.00元',
    invoiceGiven: '',
    satisfaction: '未评',
    opinion: '',
    result: '已解决',
  });
  const upgraded = { ...SECOND_FAULT, treatment: ['upgraded', 'instructed'] };
  expect((await receiptOf(repairCase(work([upgraded])))).serviceKind).toBe('升级');
  expect((await receiptOf(repairCase(work([FAULT, upgraded])))).serviceKind).toBe('维修');
});

test('the fault that leaves most to do says how the visit ended', async () => {
  const ended = async (...results: string[]) =>
    (await receiptOf(repairCase(work(results.map((result) => ({ ...FAULT, result })))))).result;
  expect(await ended('solved', 'temporary')).toBe('临时解决');
  expect(await ended('solved', 'replace', 'unsolved')).toBe('更换专用设备');
  expect(await ended('notOurs')).toBe('非本系统');
});

test('erased texts say so; nothing known is an empty receipt that can be printed', async () => {
  const erased = await receiptOf(repairCase(VISIT, { erased: ['上门及时', '打印缺针'] }));
  expect(erased).toMatchObject({ opinion: '（已删除）', faultSummary: '1. 频繁死机\n2. （已删除）' });
  const empty = await receiptOf({ process: 'repair', intake: {}, tasks: [] });
  expect(empty).toMatchObject({
    head: { state: '已开具', printedSerial: '' },
    charged: '',
    satisfaction: '',
  });
  expect(JSON.stringify(empty)).not.toMatch(/undefined|null|NaN/);
  await expect(renderDocument('receipt', empty)).resolves.toBeInstanceOf(Uint8Array);
});
