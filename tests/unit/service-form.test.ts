/** 技服表格 (ONS-17): one per visit, from the call to the handing in. */
import { expect, test } from 'vitest';
import { serviceForm } from '../../activities/service-form.js';
import { renderDocument } from '../../documents/index.js';
import { answered, at, content, paperCase, type PaperCase } from '../support/paper-case.js';
import { repairCase, VISIT, WORKSHOP } from '../support/repair-case.js';

const formOf = (given: PaperCase, visit = 1) => {
  const { ports, file, order } = paperCase(given, 'serviceForm', visit);
  return serviceForm(ports, file, order);
};

test('ONS-17 the whole form in the words of the trade, several faults', async () => {
  const signed = { name: '王雷', signedAt: '2030年3月4日15:10' };
  const paid = {
    feeStatus: '收齐',
    means: '对公转账\nT-9',
    collectedBy: '王雷\n2030年\n3月4日',
    handedInAt: '2030年\n3月4日',
    invoiceNo: 'FP-5',
  };
  expect(await formOf(repairCase(VISIT))).toEqual({
    head: {
      company: '示例税控服务有限公司',
      hotline: '0571-5550100',
      formNo: 'JF-0311',
      caseNo: 'W20300304-001',
      filledBy: '王雷',
      filledAt: '2030年3月4日15:00',
      state: '已归档',
      printedAt: '2030年3月20日10:00',
      createdAt: at(20, '02:00'),
    },
    customer: {
      companyName: '杭州云帆物流有限公司',
      taxpayerId: '91330106MA0000023E',
      customerFileNo: 'yunfan',
      taxBureau: '示例市西湖区税务局',
      taxSubBureau: '示例市西湖区税务局',
      siteAddress: '文三路示例大厦5楼',
      route: '',
      contactName: '严帆',
      mobile: '13800000102',
      landline: '',
      channel: '短信',
    },
    devices: [{ family: '金税盘', model: 'GTD-5 金税盘', serialNo: 'JSP-1' }],
    calledAt: '2030年3月4日09:00',
    caller: '严帆',
    agent: '李娜',
    symptom: '读卡器红灯常亮',
    readerLamp: '红',
    memory: '512M',
    printerDriver: '未查（与故障无关）',
    cardDate: '2030年3月4日',
    filingStart: '2030年3月1日',
    accountingMonth: '未查（客户不在机旁）',
    filingDue: '2030年3月15日',
    remoteTried: '重启无效',
    remoteResult: '需上门',
    promiseAt: '2030年3月5日18:00',
    simulatedBy: '',
    visitApprovedBy: '陈慧 2030年3月4日09:15',
    contract: '期外',
    contractEnd: '2029年12月31日',
    attempts: [
      { at: '2030年3月4日09:30', dayPart: '上午', by: '王雷', number: '13800000102', result: '无人接' },
      { at: '2030年3月4日12:30', dayPart: '下午', by: '李娜', number: '13800000102', result: '接通' },
    ],
    companyStated: '是',
    backupRequired: '是',
    visitNo: '1',
    technician: '王雷',
    appointment: '2030年3月4日14:00–16:00',
    packed: '备件、单据、工具（PH-1）',
    arriveAt: '2030年3月4日14:20',
    leaveAt: '2030年3月4日15:15',
    lateReason: '堵车',
    contractChecked: '是',
    paidAccepted: '同意 附件 a10000000000',
    leadToldAt: '2030年3月4日12:31',
    backup: '客户不同意备份',
    backupCheckedBy: '王雷 2030年3月4日14:20',
    riskNote: '附件 b10000000000',
    faults: [
      {
        description: '频繁死机',
        class: '硬件',
        cause: '主板老化',
        covered: '否',
        connectionStep: '正常',
        softwareStep: '正常',
        hardwareStep: '异常',
        caseOpened: '是',
        openConsent: '严帆',
        treatment: ['取回', '转厂家'],
        parts: [],
        result: '取回',
        retest: '否',
        retestCustomer: '',
        explained: [],
      },
      {
        description: '打印缺针',
        class: '打印',
        cause: '打印头磨损',
        covered: '否',
        connectionStep: '正常',
        softwareStep: '不需要',
        hardwareStep: '不需要',
        caseOpened: '否',
        openConsent: '',
        treatment: ['更换'],
        parts: [{ name: '打印头', qty: '1', oldSerial: 'PH-OLD', newSerial: 'PH-1', price: '260.00' }],
        result: '已解决',
        retest: '是',
        retestCustomer: '严帆',
        explained: ['原因', '方法', '注意'],
      },
    ],
    charges: [
      { item: '上门费', due: '150.00', paid: '150.00', ...paid },
      { item: '故障2', due: '260.00', paid: '260.00', ...paid },
    ],
    voucherNo: 'QJ-31',
    tidied: '是',
    nextVisitAt: '',
    customerPhoneUsed: '是',
    customerPhoneAllowed: '是',
    satisfaction: '满意',
    receiptNo: 'HD-0311',
    oldPartsHandedInAt: '2030年3月5日09:30',
    keeper: '潘梅',
    formHandedInAt: '2030年3月4日17:10',
    filedBy: '顾云',
    faultCode: 'YJ-05',
    signature: {
      signerName: '严帆',
      signedAt: '2030年3月4日15:10',
      stamped: '是',
      stampMissingReason: '',
      stampDueOn: '',
    },
    technicianSignature: signed,
  });
});

test('what the workshop cost is paid when the machine is back: not the fee of the visit, nor its end', async () => {
  const { charges, leaveAt } = await formOf(repairCase([...VISIT, ...WORKSHOP]));
  expect(charges.map(({ item, paid, means }) => [item, paid, means])).toEqual([
    ['上门费', '150.00', '对公转账\nT-9'],
    ['故障2', '260.00', '对公转账\nT-9'],
    ['送修费用', '380.00', '现金'],
  ]);
  expect(leaveAt).toBe('2030年3月4日15:15');
});

test('ONS-27 each visit has its own form', async () => {
  const again = answered(
    'contact',
    'wang.lei',
    at(5, '02:00'),
    {
      result: 'reached',
      contract: 'within',
      from: at(6, '02:00'),
      to: at(6, '03:00'),
      technician: 'wang.lei',
    },
    { round: 2, key: 'contact#2' },
  );
  const given = repairCase([...VISIT, again]);
  expect((await formOf(given)).nextVisitAt).toBe('2030年3月6日10:00');
  expect(await formOf(given, 2)).toMatchObject({
    head: { formNo: 'W20300304-001/visit#2', state: '已开具' },
    visitNo: '2',
    contract: '期内',
    attempts: [{ at: '2030年3月5日10:00', result: '接通' }],
    faults: [],
    charges: [],
    arriveAt: '',
    leaveAt: '',
  });
});

test('W25 a device that is issued anew stands with the one it replaces', async () => {
  const work = answered('repairOnSite', 'wang.lei', at(4, '07:00'), {
    faults: [],
    replacement: { devices: [{ family: 'cardReader', machineNo: 1, replacesSerial: 'DK-9' }] },
    tidied: true,
  });
  expect((await formOf(repairCase([work]))).devices[1]).toEqual({
    family: '读卡器',
    machineNo: '1',
    relation: '更换',
    replacesSerial: 'DK-9',
  });
});

test('erased texts say so; nothing known is an empty form that can be printed', async () => {
  const erased = await formOf(repairCase(VISIT, { erased: ['严帆', '频繁死机', '重启无效'] }));
  expect(erased).toMatchObject({
    caller: '（已删除）',
    remoteTried: '（已删除）',
    faults: [{ description: '（已删除）', openConsent: '（已删除）' }, { retestCustomer: '（已删除）' }],
    signature: { signerName: '（已删除）' },
  });
  const empty = await formOf({ process: 'repair', intake: { callbackPhone: content('0571-1') }, tasks: [] });
  expect(JSON.stringify(empty)).not.toMatch(/undefined|null|NaN/);
  await expect(renderDocument('serviceForm', empty)).resolves.toBeInstanceOf(Uint8Array);
});
