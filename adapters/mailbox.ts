import { createHash } from 'node:crypto';
import { appendFile, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { isCode, writeOnce } from './files.js';
import { keyOfMessageId } from './mail/message-id.js';
import type { MailboxItem, OutgoingSms } from './ports.js';

/** What the local gateway files of an SMS. */
export interface FiledSms extends OutgoingSms {
  segments: number;
}

const EXTENSION = { mail: '.eml', sms: '.json' } as const;
/** Beside an item: one byte for every delivery after the first. */
const AGAIN = '.again';

/**
 * Files a mail or SMS as `<mailbox>/mail/<id>.eml` or `<mailbox>/sms/<id>.json`. The same key again leaves the one
 * copy as it is and counts (AT-29).
 *
 * @returns the item's id, and whether it lay there already
 */
export async function fileItem(
  mailbox: string,
  channel: 'mail' | 'sms',
  key: string,
  content: string | Uint8Array,
): Promise<{ id: string; repeat: boolean }> {
  const id = itemId(channel, key);
  const path = join(mailbox, channel, id);
  const repeat = !(await writeOnce(path + EXTENSION[channel], content));
  // Appending one byte needs no lock, whichever processes deliver at once.
  if (repeat) await appendFile(path + AGAIN, '+');
  return { id, repeat };
}

/** Whether an item of this key has been filed. */
export async function isFiled(mailbox: string, channel: 'mail' | 'sms', key: string): Promise<boolean> {
  try {
    await stat(join(mailbox, channel, itemId(channel, key) + EXTENSION[channel]));
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Everything in the local mailbox, oldest first; an absent folder is an empty mailbox. */
export async function readMailbox(mailbox: string): Promise<MailboxItem[]> {
  const items: { item: MailboxItem; filedMs: number }[] = [];
  for (const channel of ['mail', 'sms'] as const) {
    const folder = join(mailbox, channel);
    for (const name of await namesIn(folder)) {
      if (name.startsWith('.') || !name.endsWith(EXTENSION[channel])) continue;
      const path = join(folder, name);
      const id = name.slice(0, -EXTENSION[channel].length);
      const content = channel === 'mail' ? await readMail(path) : await readSms(path);
      const deliveries = 1 + (await sizeOf(join(folder, id + AGAIN)));
      items.push({ item: { id, channel, ...content, deliveries }, filedMs: (await stat(path)).mtimeMs });
    }
  }
  // Under the virtual clock many carry the same minute: then the order of filing decides.
  items.sort(
    (one, other) =>
      compare(one.item.at, other.item.at) ||
      one.filedMs - other.filedMs ||
      compare(one.item.id, other.item.id),
  );
  return items.map(({ item }) => item);
}

/**
 * One item by its id or the beginning of it.
 *
 * @throws Error when several begin so
 */
export async function readMailboxItem(mailbox: string, idOrPrefix: string): Promise<MailboxItem | null> {
  const items = await readMailbox(mailbox);
  const exact = items.find((item) => item.id === idOrPrefix);
  if (exact) return exact;
  const begun = items.filter((item) => item.id.startsWith(idOrPrefix));
  if (begun.length > 1) {
    const ids = begun.map((item) => item.id).join(', ');
    throw new Error(`${begun.length} items begin with ${idOrPrefix}: ${ids}`);
  }
  return begun[0] ?? null;
}

/** A file name a person recognises the key in; the digest keeps keys apart that look alike in it. */
function itemId(channel: string, key: string): string {
  // No leading dot: that would hide the file.
  const readable = key.replace(/[^A-Za-z0-9.-]+|^[.-]/g, '_').slice(0, 100);
  return `${readable}-${createHash('sha256').update(`${channel}:${key}`).digest('hex').slice(0, 8)}`;
}

type Content = Omit<MailboxItem, 'id' | 'channel' | 'deliveries'>;

async function readMail(path: string): Promise<Content> {
  const mail = await PostalMime.parse(await readFile(path));
  const to = (mail.to ?? []).map((address) => address.address ?? '').join(', ');
  return {
    key: mail.messageId === undefined ? '' : keyOfMessageId(mail.messageId),
    to,
    subject: mail.subject ?? '',
    text: (mail.text ?? '').replace(/\r?\n$/, ''),
    at: mail.date ?? '',
    ...invitationOf(mail),
  };
}

/** The calendar object of a mail that invites to an appointment. */
function invitationOf(mail: Email): Pick<Content, 'invitation'> {
  const part = mail.attachments.find((each) => each.mimeType === 'text/calendar');
  if (part === undefined) return {};
  const { content } = part;
  return { invitation: typeof content === 'string' ? content : new TextDecoder().decode(content) };
}

async function readSms(path: string): Promise<Content> {
  const sms = JSON.parse(await readFile(path, 'utf8')) as FiledSms;
  return { key: sms.key, to: sms.to, subject: '', text: `【${sms.signature}】${sms.text}`, at: sms.at };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
