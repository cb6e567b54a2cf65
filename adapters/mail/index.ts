import { createTransport } from 'nodemailer';
import { DeliveryError, type DeliveryFault, type MailPort } from '../ports.js';
import { messageIdOf } from './message-id.js';

const CONNECT_MS = 5_000;
const GREETING_MS = 5_000;
const SILENCE_MS = 20_000;

/** One plain address: nothing that could make two of it, or a header. */
const ADDRESS = /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\]+$/;

/**
 * Mail over SMTP, one connection a mail. Own mail says that it is automatic, so that nobody's absence assistant
 * answers it and our own intake takes no answer of that kind for a customer's (AT-30).
 *
 * @param options.url `smtp://[user:password@]host[:port]`, `smtps://…`; nodemailer's options as query parameters
 * @param options.from sender where a mail names none
 */
export function openMail(options: { url: string; from: string; fromName: string }): MailPort {
  if (!/^smtps?:\/\//.test(options.url)) throw new Error('a mail host is smtp://… or smtps://…');
  const transport = createTransport({
    url: options.url,
    connectionTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });

  return {
    async send(mail) {
      const from = mail.from || options.from;
      if (!ADDRESS.test(mail.to)) throw new DeliveryError('contact', 'address', 'mail refused: no address');
      if (!ADDRESS.test(from)) throw new DeliveryError('operator', 'sender', 'mail refused: no sender');
      const messageId = messageIdOf(mail.key);
      try {
        await transport.sendMail({
          messageId,
          date: new Date(mail.at),
          from: { name: oneLine(mail.fromName || options.fromName), address: from },
          to: { name: '', address: mail.to },
          subject: oneLine(mail.subject),
          text: mail.text,
          // Twice in the mail, as calendars want it: an alternative that shows the invitation, and a file.
          ...(mail.invitation === undefined
            ? {}
            : {
                icalEvent: {
                  method: mail.invitation.method,
                  filename: 'invite.ics',
                  content: mail.invitation.content,
                },
              }),
          headers: {
            'Auto-Submitted': 'auto-generated',
            'X-Auto-Response-Suppress': 'All',
            'Content-Language': oneLine(mail.language),
          },
        });
      } catch (error) {
        throw classify(error);
      }
      return { providerId: messageId };
    },
    async check() {
      try {
        await transport.verify();
      } catch (error) {
        throw classify(error);
      }
      return `SMTP ${new URL(options.url).host}`;
    },
    close() {
      transport.close();
      return Promise.resolve();
    },
  };
}

/** What nodemailer tells of a failure. */
interface SmtpFailure {
  code?: string;
  command?: string;
  response?: string;
  responseCode?: number;
  message?: string;
}

function classify(error: unknown): DeliveryError {
  const failure = error as SmtpFailure;
  const reply = failure.responseCode;
  const code = String(reply ?? failure.code ?? 'unknown');
  const at = failure.command && failure.command !== 'CONN' ? ` at ${failure.command}` : '';
  // The original is told as the cause, without the addresses that hosts like to repeat: failures stand in history.
  const said = (failure.response ?? failure.message ?? '').replace(/\S*@\S*/g, '…');
  return new DeliveryError(faultOf(failure), code, `smtp ${code}${at}`, { cause: new Error(said) });
}

/** Unknown is `retry`: the attempts have a total limit, after which a person decides (C9). */
function faultOf({ code, command, responseCode: reply = 0 }: SmtpFailure): DeliveryFault {
  if (reply >= 400 && reply < 500) return 'retry';
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2' || code === 'ECONFIG') return 'operator';
  if (reply === 530 || reply === 534 || reply === 535 || reply === 538) return 'operator';
  // A refused sender refuses every mail alike: an account or relay setting, not this mail.
  if (reply >= 500 && command === 'MAIL FROM') return 'operator';
  if (command === 'RCPT TO' && (reply === 550 || reply === 551 || reply === 553)) return 'contact';
  if (reply >= 500) return 'content';
  return 'retry';
}

/** A line break in a header would begin the next header. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}
