import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  keyOf,
  startMailListener,
  type MailFaults,
  type MailListener,
} from '../../../adapters/mail/listener.js';
import { fileItem, readMailbox } from '../../../adapters/mailbox.js';
import {
  DeliveryError,
  type DeliveryFault,
  type MailPort,
  type OutgoingMail,
} from '../../../adapters/ports.js';
import { startSmtpDouble, type SmtpManners } from './smtp-double.js';

const ADDRESS = 'wang.min@customer.example';

const mail: OutgoingMail = {
  key: 'T20300304-001/mail.cmp.receipt/acknowledge#1/customer',
  from: 'service@example.com',
  fromName: '安信税控 客服',
  to: ADDRESS,
  subject: '您反映的事项已登记（T20300304-001），我们会在三十分钟之内给您第一次答复，请保持电话畅通',
  text: '王女士：您好。\n\n您反映的“发票打不出来”已登记。\n.\n.. 以点开头的行\nLine with trailing text = 100%\n\n安信税控',
  language: 'zh-CN',
  at: '2030-03-04T01:00:00.000Z',
};

/** The mail port's contract, towards a real SMTP listener and hosts that misbehave. */
export function describeMailPort(name: string, make: (url: string) => MailPort): void {
  describe(`mail by ${name}`, () => {
    let mailbox: string;
    let listener: MailListener;
    let faults: MailFaults;
    let port: MailPort;

    beforeEach(async () => {
      mailbox = await mkdtemp(join(tmpdir(), 'aftercare-mail-'));
      faults = () => null;
      listener = await startMailListener({ mailbox, faults: (...asked) => faults(...asked) });
      port = make(listener.url);
    });
    afterEach(async () => {
      await port.close();
      await listener.stop();
      await rm(mailbox, { recursive: true });
    });

    async function filed(): Promise<Email[]> {
      const names = (await readdir(join(mailbox, 'mail'))).filter((each) => each.endsWith('.eml'));
      return Promise.all(
        names.map(async (each) => PostalMime.parse(await readFile(join(mailbox, 'mail', each)))),
      );
    }

    function header(email: Email | undefined, key: string): string[] {
      return (email?.headers ?? []).filter((each) => each.key === key).map((each) => each.value);
    }

    async function refusalOf(sending: Promise<unknown>): Promise<DeliveryError> {
      const error: unknown = await sending.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(DeliveryError);
      const told = `${String(error)} ${String((error as DeliveryError).cause)}`;
      expect(told).not.toContain(ADDRESS);
      return error as DeliveryError;
    }

    it('brings Chinese subject and text through whole, dated by the workflow', async () => {
      const { providerId } = await port.send(mail);
      expect(await readMailbox(mailbox)).toEqual([
        {
          id: expect.stringMatching(
            /^T20300304-001_mail\.cmp\.receipt_acknowledge_1_customer-\w{8}$/,
          ) as unknown,
          channel: 'mail',
          key: mail.key,
          to: mail.to,
          subject: mail.subject,
          text: mail.text,
          at: mail.at,
          deliveries: 1,
        },
      ]);
      const [email] = await filed();
      expect(email?.messageId).toBe(providerId);
      expect(email?.from).toMatchObject({ name: mail.fromName, address: mail.from });
    });

    it('W28 carries an invitation as an alternative that calendars take, and the mailbox shows it', async () => {
      const content = 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:发行\r\nEND:VCALENDAR\r\n';
      await port.send({ ...mail, invitation: { method: 'REQUEST', content } });
      const [name] = (await readdir(join(mailbox, 'mail'))).filter((each) => each.endsWith('.eml'));
      const raw = await readFile(join(mailbox, 'mail', name!), 'utf8');
      expect(raw).toMatch(/Content-Type: multipart\/alternative/i);
      expect(raw).toMatch(/Content-Type: text\/calendar;[^\r\n]*method=REQUEST/i);
      const [email] = await filed();
      expect(email?.text).toContain('已登记');
      expect(email?.attachments.map((part) => part.mimeType)).toEqual(['text/calendar', 'application/ics']);
      const [item] = await readMailbox(mailbox);
      expect(item?.invitation?.split(/\r?\n/)).toEqual(content.split('\r\n'));
    });

    it('AT-30 says that it is automatic', async () => {
      await port.send(mail);
      const [email] = await filed();
      expect(header(email, 'auto-submitted')).toEqual(['auto-generated']);
      expect(header(email, 'x-auto-response-suppress')).toEqual(['All']);
      expect(header(email, 'list-unsubscribe')).toEqual([]);
    });

    it('AT-29 keeps the Message-ID of a key over all attempts, and one copy', async () => {
      const first = await port.send(mail);
      const again = await port.send({ ...mail, from: 'other@example.org', at: '2030-03-04T01:05:00.000Z' });
      expect(again).toEqual(first);
      expect(await readMailbox(mailbox)).toMatchObject([{ key: mail.key, at: mail.at, deliveries: 2 }]);
    });

    it('AT-29 keeps one copy when the same key comes ten times at once', async () => {
      await Promise.all(Array.from({ length: 10 }, () => port.send(mail)));
      expect(await readMailbox(mailbox)).toMatchObject([{ deliveries: 10 }]);
    });

    it('AT-29 ends with one copy after a host that took the mail and died before it said so', async () => {
      const dying = await startSmtpDouble({
        onMessage: async (raw) => {
          await fileItem(mailbox, 'mail', keyOf(raw), raw);
          return 'drop';
        },
      });
      const towards = make(dying.url);
      expect((await refusalOf(towards.send(mail))).fault).toBe('retry');
      expect(await readMailbox(mailbox)).toMatchObject([{ deliveries: 1 }]);
      await towards.close();
      await dying.stop();

      await port.send(mail);
      expect(await readMailbox(mailbox)).toMatchObject([
        { key: mail.key, subject: mail.subject, text: mail.text, deliveries: 2 },
      ]);
    });

    it('AT-29 does the same when the listener itself hangs up after filing', async () => {
      faults = (moment) => (moment === 'filed' ? 'hangUp' : null);
      expect((await refusalOf(port.send(mail))).fault).toBe('retry');
      faults = () => null;
      await port.send(mail);
      expect(await readMailbox(mailbox)).toMatchObject([{ key: mail.key, deliveries: 2 }]);
    });

    it('carries any key', async () => {
      const keys = ['a/b#1', '中文 (键) <x@y>', '.dots..in.it.', `long/${'x'.repeat(300)}`, 'a_b#1'];
      for (const key of keys) await port.send({ ...mail, key });
      const items = await readMailbox(mailbox);
      expect(items).toHaveLength(keys.length);
      const found = items.map((item) => item.key);
      expect(found).toEqual(expect.arrayContaining(keys.filter((key) => key.length < 100)));
    });

    it('lets nothing into the headers', async () => {
      const evil = 'x\r\nBcc: thief@example.net\r\n\r\nbody';
      await port.send({ ...mail, subject: evil, fromName: evil, language: evil });
      const [email] = await filed();
      expect(header(email, 'bcc')).toEqual([]);
      expect(email?.subject).toBe('x Bcc: thief@example.net body');
      expect(email?.text?.trimEnd()).toBe(mail.text);
      for (const to of [
        `${ADDRESS}\r\nBcc: thief@example.net`,
        `${ADDRESS}, thief@example.net`,
        '',
        'nobody',
      ]) {
        expect(await refusalOf(port.send({ ...mail, to }))).toMatchObject({ fault: 'contact' });
      }
      expect(await refusalOf(port.send({ ...mail, from: 'a@b.example\n' }))).toMatchObject({
        fault: 'operator',
      });
      expect(await readMailbox(mailbox)).toHaveLength(1);
    });

    const refusals: [string, SmtpManners, DeliveryFault, string][] = [
      ['closing', { greeting: '421 4.3.2 shutting down' }, 'retry', '421'],
      ['greylisted', { rcptTo: `450 4.2.0 <${ADDRESS}>: greylisted` }, 'retry', '450'],
      ['full for now', { message: '452 4.3.1 insufficient storage' }, 'retry', '452'],
      ['no such user', { rcptTo: `550 5.1.1 <${ADDRESS}>: unknown` }, 'contact', '550'],
      ['moved', { rcptTo: '551 5.1.6 gone elsewhere' }, 'contact', '551'],
      ['bad mailbox name', { rcptTo: '553 5.1.3 bad name' }, 'contact', '553'],
      ['spam', { message: `550 5.7.1 <${ADDRESS}> message refused` }, 'content', '550'],
      ['policy', { rcptTo: '554 5.7.1 refused' }, 'content', '554'],
      ['sender refused', { mailFrom: '553 5.7.1 sender not yours' }, 'operator', '553'],
      ['log-in wanted', { mailFrom: '530 5.7.0 authentication required' }, 'operator', '530'],
    ];
    it.each(refusals)('takes %s for what it is', async (_, manners, fault, code) => {
      const host = await startSmtpDouble(manners);
      const towards = make(host.url);
      expect(await refusalOf(towards.send(mail))).toMatchObject({ fault, code });
      await towards.close();
      await host.stop();
    });

    it('takes a refused log-in for the operator, a failing log-in service for later', async () => {
      for (const [auth, fault] of [
        ['535 5.7.8 wrong password', 'operator'],
        ['454 4.7.0 try later', 'retry'],
      ] as const) {
        const host = await startSmtpDouble({ auth });
        const towards = make(host.url.replace('smtp://', 'smtp://user:secret@'));
        const error = await refusalOf(towards.send(mail));
        expect(error.fault).toBe(fault);
        expect(String(error.cause)).not.toContain('secret');
        await towards.close();
        await host.stop();
      }
    });

    it('fails at once while the host is down and works when it is back', async () => {
      expect(await port.check()).toBe(`SMTP 127.0.0.1:${listener.port}`);
      await listener.stop();
      const started = Date.now();
      expect(await refusalOf(port.send(mail))).toMatchObject({ fault: 'retry' });
      expect(await refusalOf(port.check())).toMatchObject({ fault: 'retry' });
      expect(Date.now() - started).toBeLessThan(2_000);
      listener = await startMailListener({ mailbox, port: listener.port });
      await port.send(mail);
      expect(await readMailbox(mailbox)).toMatchObject([{ deliveries: 1 }]);
    });

    it('gives up on a host that never says a word', async () => {
      const host = await startSmtpDouble({ silent: true });
      const towards = make(host.url);
      const started = Date.now();
      expect(await refusalOf(towards.send(mail))).toMatchObject({ fault: 'retry', code: 'ETIMEDOUT' });
      expect(Date.now() - started).toBeLessThan(7_000);
      await towards.close();
      await host.stop();
    });
  });
}
