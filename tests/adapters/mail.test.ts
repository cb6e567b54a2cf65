import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openMail } from '../../adapters/mail/index.js';
import { startMailListener } from '../../adapters/mail/listener.js';
import { readMailbox } from '../../adapters/mailbox.js';
import { describeMailPort } from './suites/mail.js';

describeMailPort('SMTP', (url) => openMail({ url, from: 'service@example.com', fromName: 'Aftercare' }));

it('says what a mail host is', () => {
  expect(() => openMail({ url: 'http://example.com', from: 'a@example.com', fromName: 'A' })).toThrow(
    'smtp://',
  );
});

it('the listener refuses what it is told to refuse, and keeps no half mail', async () => {
  const mailbox = await mkdtemp(join(tmpdir(), 'aftercare-listener-'));
  const listener = await startMailListener({
    mailbox,
    faults: (moment, about) =>
      moment === 'recipient' && about === 'gone@example.com' ? { reply: 550 } : null,
  });
  const port = openMail({ url: listener.url, from: 'service@example.com', fromName: 'Aftercare' });
  const mail = {
    key: 'k',
    from: '',
    fromName: '',
    subject: 's',
    text: 't',
    language: 'en',
    at: '2030-03-04T01:00:00.000Z',
  };
  await expect(port.send({ ...mail, to: 'gone@example.com' })).rejects.toMatchObject({ fault: 'contact' });

  const socket = connect(listener.port, '127.0.0.1');
  socket.write('EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: half\r\n');
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.destroy();

  await port.send({ ...mail, to: 'there@example.com' });
  expect(await readMailbox(mailbox)).toMatchObject([{ key: 'k', to: 'there@example.com', subject: 's' }]);
  await port.close();
  await listener.stop();
  await rm(mailbox, { recursive: true });
});
