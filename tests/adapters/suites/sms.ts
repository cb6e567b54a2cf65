import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMailbox } from '../../../adapters/mailbox.js';
import {
  DeliveryError,
  type DeliveryFault,
  type OutgoingSms,
  type SmsPort,
} from '../../../adapters/ports.js';

const NUMBER = '+8613812345678';

const sms: OutgoingSms = {
  key: 'T20300304-001/sms.cmp.receipt/acknowledge#1/customer',
  to: NUMBER,
  signature: '安信税控',
  template: 'sms.cmp.receipt',
  params: { caseNo: 'T20300304-001', staff: '李女士', phone: '400-000-0000' },
  text: '您反映的事项已登记，编号T20300304-001，李女士负责。电话400-000-0000。',
  at: '2030-03-04T01:00:00.000Z',
};

/** The SMS port's contract; `make` opens a gateway that files what it takes in the mailbox. */
export function describeSmsPort(name: string, make: (mailbox: string) => SmsPort): void {
  describe(`SMS by ${name}`, () => {
    let mailbox: string;
    let port: SmsPort;

    beforeEach(async () => {
      mailbox = await mkdtemp(join(tmpdir(), 'aftercare-sms-'));
      port = make(mailbox);
    });
    afterEach(async () => {
      await port.close();
      await rm(mailbox, { recursive: true, force: true });
    });

    async function refusalOf(change: Partial<OutgoingSms>): Promise<{ fault: DeliveryFault; code: string }> {
      const error: unknown = await port.send({ ...sms, ...change }).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(DeliveryError);
      const { fault, code, message } = error as DeliveryError;
      expect(message).not.toContain(NUMBER);
      return { fault, code };
    }

    it('files what it took, as the phone shows it', async () => {
      const { providerId } = await port.send(sms);
      expect(await readMailbox(mailbox)).toEqual([
        {
          id: providerId,
          channel: 'sms',
          key: sms.key,
          to: sms.to,
          subject: '',
          text: `【安信税控】${sms.text}`,
          at: sms.at,
          deliveries: 1,
        },
      ]);
    });

    it('AT-29 keeps one copy of a key, counts deliveries, and answers what became of it', async () => {
      expect(await port.query(sms.key, sms.to, sms.at)).toBe('unknown');
      const first = await port.send(sms);
      const others = await Promise.all(
        Array.from({ length: 9 }, () => port.send({ ...sms, at: '2030-03-04T01:05:00.000Z' })),
      );
      expect(first.repeat).toBe(false);
      expect(others).toEqual(Array.from({ length: 9 }, () => ({ ...first, repeat: true })));
      expect(await readMailbox(mailbox)).toMatchObject([{ key: sms.key, at: sms.at, deliveries: 10 }]);
      expect(await port.query(sms.key, sms.to, sms.at)).toBe('delivered');
    });

    it.each([
      '13812345678',
      '+86 13812345678',
      '+8612812345678',
      '+861381234567',
      '+86138123456789',
      '+8673188888888',
      '+14155550100',
      '',
    ])('takes %j for no mobile number', async (to) => {
      expect(await refusalOf({ to })).toEqual({ fault: 'contact', code: 'isv.MOBILE_NUMBER_ILLEGAL' });
    });

    it('facts 4 takes 500 characters with the signature, not 501, and counts segments', async () => {
      for (const [length, segments] of [
        [64, 1],
        [65, 2],
        [128, 2],
        [129, 3],
        [494, 8],
      ] as const) {
        const { providerId } = await port.send({
          ...sms,
          key: `length-${length}`,
          text: '字'.repeat(length),
          params: {},
        });
        const file = await readFile(join(mailbox, 'sms', `${providerId}.json`), 'utf8');
        expect(JSON.parse(file)).toMatchObject({ segments });
      }
      expect(await refusalOf({ text: '字'.repeat(495), params: {} })).toEqual({
        fault: 'content',
        code: 'isv.PARAM_LENGTH_LIMIT',
      });
    });

    it('facts 4 refuses links and overlong values in variables, and only in those the text uses', async () => {
      for (const link of ['https://example.com', 'www.example.com/a', 'http://a.cn']) {
        expect(await refusalOf({ params: { link }, text: `请看${link}。` })).toEqual({
          fault: 'content',
          code: 'isv.PARAM_NOT_SUPPORT_URL',
        });
      }
      const long = '很'.repeat(36);
      expect(await refusalOf({ params: { long }, text: `原因：${long}。` })).toEqual({
        fault: 'content',
        code: 'isv.PARAM_LENGTH_LIMIT',
      });
      await port.send({ ...sms, params: { matter: long, page: 'https://example.com' } });
      await port.send({ ...sms, key: 'fixed link', text: '请看https://example.com', params: {} });
    });

    it.each([
      [{ text: '【通知】已登记' }, 'isv.SMS_CONTENT_ILLEGAL'],
      [{ text: '★已登记' }, 'isv.SMS_CONTENT_ILLEGAL'],
      [{ text: '步骤①' }, 'isv.SMS_CONTENT_ILLEGAL'],
      [{ text: ' ' }, 'isv.SMS_TEMPLATE_ILLEGAL'],
      [{ signature: '' }, 'isv.SMS_SIGNATURE_ILLEGAL'],
      [{ params: { count: 2 as unknown as string } }, 'isv.INVALID_JSON_PARAM'],
    ])('facts 4 refuses %j as content', async (change, code) => {
      expect(await refusalOf(change)).toEqual({ fault: 'content', code });
      expect(await readMailbox(mailbox)).toEqual([]);
    });

    it('is worth another try while the gateway is down, and leaves nothing by half', async () => {
      await rm(mailbox, { recursive: true });
      await writeFile(mailbox, 'in the way');
      expect((await refusalOf({})).fault).toBe('retry');
      await expect(port.check()).rejects.toMatchObject({ fault: 'retry' });
      await expect(port.query(sms.key, sms.to, sms.at)).rejects.toMatchObject({ fault: 'retry' });
      await rm(mailbox);
      expect(await port.check()).toContain(mailbox);
      await port.send(sms);
      expect((await readdir(join(mailbox, 'sms'))).filter((name) => name.startsWith('.'))).toEqual([]);
    });
  });
}
