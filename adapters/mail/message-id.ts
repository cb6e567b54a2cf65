import { createHash } from 'node:crypto';

const DOMAIN = '@aftercare.local';
/** Well below the 998 characters of a header line, which a Message-ID must fit without folding. */
const LONGEST = 200;

/**
 * The Message-ID of an outbox key: the same on every attempt and whatever the sender's address, so that the receiving
 * side keeps one copy (AT-29). The key stands in it readably; a very long one as its SHA-256.
 */
export function messageIdOf(key: string): string {
  // A dot may stand in a Message-ID only between other characters.
  const dotted = /^[^.]+(\.[^.]+)*$/.test(key);
  const local = encodeURIComponent(key)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/\./g, dotted ? '.' : '%2E');
  const fits = local.length > 0 && local.length <= LONGEST;
  return `<${fits ? local : createHash('sha256').update(key).digest('hex')}${DOMAIN}>`;
}

/** The outbox key of a Message-ID; of a foreign one, the Message-ID itself. */
export function keyOfMessageId(messageId: string): string {
  const bare = messageId.trim().replace(/^<|>$/g, '');
  if (!bare.endsWith(DOMAIN)) return bare;
  try {
    return decodeURIComponent(bare.slice(0, -DOMAIN.length));
  } catch {
    return bare;
  }
}
