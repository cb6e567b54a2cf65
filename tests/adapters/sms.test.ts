import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMail } from '../../adapters/mail/index.js';
import { startMailListener } from '../../adapters/mail/listener.js';
import { readMailbox, readMailboxItem } from '../../adapters/mailbox.js';
import { openSms } from '../../adapters/sms/index.js';
import { describeSmsPort } from './suites/sms.js';

describeSmsPort('the local gateway', (mailbox) => openSms({ url: 'mailbox:', mailbox }));

it('knows no other gateway yet and says so', () => {
  expect(() => openSms({ url: 'aliyun://key@dysmsapi.aliyuncs.com', mailbox: '/tmp' })).toThrow('aliyun');
});

describe('mailbox', () => {
  it('lists mail and SMS oldest first and finds one by the beginning of its id', async () => {
    const mailbox = await mkdtemp(join(tmpdir(), 'aftercare-mailbox-'));
    expect(await readMailbox(mailbox)).toEqual([]);
    const listener = await startMailListener({ mailbox });
    const mail = openMail({ url: listener.url, from: 'service@example.com', fromName: 'Aftercare' });
    const sms = openSms({ url: 'mailbox:', mailbox });
    const sendMail = (key: string, at: string): Promise<unknown> =>
      mail.send({
        key,
        from: '',
        fromName: '',
        to: 'a@example.com',
        subject: '主题',
        text: '正文',
        language: 'zh-CN',
        at,
      });
    const sendSms = (key: string, at: string): Promise<unknown> =>
      sms.send({
        key,
        to: '+8613812345678',
        signature: '安信税控',
        template: 't',
        params: {},
        text: '正文',
        at,
      });
    await sendMail('T1/third', '2030-03-04T03:00:00.000Z');
    await sendSms('T1/first', '2030-03-04T01:00:00.000Z');
    await sendMail('T2/same-minute-1', '2030-03-04T02:00:00.000Z');
    await sendSms('T2/same-minute-2', '2030-03-04T02:00:00.000Z');
    const items = await readMailbox(mailbox);
    expect(items.map((item) => `${item.channel} ${item.key}`)).toEqual([
      'sms T1/first',
      'mail T2/same-minute-1',
      'sms T2/same-minute-2',
      'mail T1/third',
    ]);
    expect((await readMailboxItem(mailbox, 'T1_th'))?.key).toBe('T1/third');
    expect(await readMailboxItem(mailbox, items[1]?.id ?? '')).toEqual(items[1]);
    expect(await readMailboxItem(mailbox, 'T9')).toBeNull();
    await expect(readMailboxItem(mailbox, 'T2')).rejects.toThrow('2 items begin with T2');

    await mail.close();
    await listener.stop();
    await rm(mailbox, { recursive: true });
  });
});
