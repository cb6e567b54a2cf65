import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { smsLength, smsSegments } from '../../domain/message.js';
import { normaliseMobile } from '../../domain/phone.js';
import { fileItem, isFiled, type FiledSms } from '../mailbox.js';
import { DeliveryError, type DeliveryFault, type OutgoingSms, type SmsPort } from '../ports.js';

const LONGEST = 500;
const LONGEST_VARIABLE = 35;
const LINK = /https?:|www\.|:\/\//i;
/** Signature brackets and the ornaments that providers refuse. */
const REFUSED_SIGNS = /[【】★☆①-⑳→←↑↓■□◆◇●○]/u;

/**
 * SMS by a gateway. `mailbox:` is the local one: it keeps a provider's rules and files what it takes in the local
 * mailbox, one copy per key (AT-29). A provider's gateway is another scheme here; receipts and replies reach it by
 * webhook as `SmsEvent`.
 */
export function openSms(options: { url: string; mailbox: string }): SmsPort {
  if (!options.url.startsWith('mailbox:')) {
    throw new Error(`no SMS gateway for ${options.url.split(':', 1)[0]}: the local one is mailbox:`);
  }
  const { mailbox } = options;
  return {
    async send(sms) {
      const segments = admit(sms);
      const filed: FiledSms = { ...sms, segments };
      const { id, repeat } = await onDisk(() =>
        fileItem(mailbox, 'sms', sms.key, `${JSON.stringify(filed, null, 2)}\n`),
      );
      return { providerId: id, repeat };
    },
    async query(key) {
      // What lies in the mailbox has reached its reader.
      return (await onDisk(() => isFiled(mailbox, 'sms', key))) ? 'delivered' : 'unknown';
    },
    async check() {
      const folder = join(mailbox, 'sms');
      await onDisk(async () => {
        await mkdir(folder, { recursive: true });
        await access(folder, constants.W_OK);
      });
      return `local SMS in ${folder}`;
    },
    close: () => Promise.resolve(),
  };
}

/** A provider's checks in a provider's words (facts 4 and 5); returns the segments it would bill. */
function admit(sms: OutgoingSms): number {
  if (normaliseMobile(sms.to) !== sms.to) throw refused('contact', 'isv.MOBILE_NUMBER_ILLEGAL');
  if (sms.signature.trim() === '') throw refused('content', 'isv.SMS_SIGNATURE_ILLEGAL');
  if (sms.text.trim() === '') throw refused('content', 'isv.SMS_TEMPLATE_ILLEGAL');
  if (REFUSED_SIGNS.test(sms.text + sms.signature)) throw refused('content', 'isv.SMS_CONTENT_ILLEGAL');
  for (const value of Object.values(sms.params)) {
    if (typeof value !== 'string') throw refused('content', 'isv.INVALID_JSON_PARAM');
    // A template only takes the variables it names; the others never reach the provider.
    const used = value.trim().replace(/[。.]+$/, '');
    if (used === '' || !sms.text.includes(used)) continue;
    if (LINK.test(used)) throw refused('content', 'isv.PARAM_NOT_SUPPORT_URL');
    if ([...used].length > LONGEST_VARIABLE) throw refused('content', 'isv.PARAM_LENGTH_LIMIT');
  }
  const length = smsLength(sms.text, sms.signature);
  if (length > LONGEST) throw refused('content', 'isv.PARAM_LENGTH_LIMIT');
  return smsSegments(length);
}

function refused(fault: DeliveryFault, code: string): DeliveryError {
  return new DeliveryError(fault, code, `sms ${code}`);
}

/** The local gateway is down when its folder cannot be used. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new DeliveryError('retry', code, `sms gateway ${code}`, { cause: error });
  }
}
