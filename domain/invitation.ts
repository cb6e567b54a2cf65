/**
 * Calendar invitations (RFC 5545, RFC 5546): what a mail to somebody outside carries so that his calendar keeps the
 * appointment, moves it and takes it out again. Pure.
 */
import type { Instant, Invitation } from './case.js';

/** Who invites whom, and to what. */
export interface InvitationLetter {
  summary: string;
  organizer: { name: string; mail: string };
  attendee: { name: string; mail: string };
  /** The instant of the workflow at which it is sent. */
  stampedAt: Instant;
}

const LINE_OCTETS = 75;

/** The invitation as a calendar object: CRLF, lines of at most 75 octets, times in UTC without a zone. */
export function calendarText(invitation: Invitation, letter: InvitationLetter): string {
  const { uid, sequence, method, from, to } = invitation;
  const { summary, organizer, attendee, stampedAt } = letter;
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Aftercare//Aftercare//EN',
    'CALSCALE:GREGORIAN',
    `METHOD:${method}`,
    'BEGIN:VEVENT',
    `UID:${escaped(uid)}`,
    `SEQUENCE:${sequence}`,
    `DTSTAMP:${utc(stampedAt)}`,
    `DTSTART:${utc(from)}`,
    `DTEND:${utc(to)}`,
    `SUMMARY:${escaped(summary)}`,
    `ORGANIZER;CN=${quoted(organizer.name)}:mailto:${organizer.mail}`,
    // RSVP stays off: the answer is taken by code or telephone, a reply by mail would reach nobody.
    `ATTENDEE;CN=${quoted(attendee.name)};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:${attendee.mail}`,
    `STATUS:${method === 'CANCEL' ? 'CANCELLED' : 'CONFIRMED'}`,
    'TRANSP:OPAQUE',
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/** `20300304T010000Z`. */
function utc(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** TEXT: backslash, semicolon, comma and line break have a meaning of their own. */
function escaped(text: string): string {
  return text
    .replace(/[\\;,]/g, (sign) => `\\${sign}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/\p{Cc}/gu, '');
}

/** A quoted parameter value: it can hold neither a quotation mark nor a control character. */
function quoted(text: string): string {
  return `"${text.replace(/["\p{Cc}]/gu, ' ').trim()}"`;
}

/** A line longer than 75 octets goes on after a line break and a space; a character is never divided. */
function folded(line: string): string {
  let text = '';
  let used = 0;
  for (const sign of line) {
    const size = octets(sign);
    if (used + size > LINE_OCTETS) {
      text += '\r\n ';
      used = 1;
    }
    text += sign;
    used += size;
  }
  return text;
}

/** How many octets a character has in UTF-8. */
function octets(sign: string): number {
  const code = sign.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
