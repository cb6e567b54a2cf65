/** Calendar invitations (RFC 5545): what a calendar reads back is what was meant, whatever the names hold. */
import { describe, expect, test } from 'vitest';
import type { Invitation } from '../../domain/case.js';
import { calendarText, type InvitationLetter } from '../../domain/invitation.js';

const visit: Invitation = {
  uid: 'F20300304-001-issuance@aftercare',
  sequence: 2,
  method: 'REQUEST',
  from: '2030-03-06T01:00:00.000Z',
  to: '2030-03-06T02:30:00.000Z',
};
const letter: InvitationLetter = {
  summary: '专用设备发行时间商请（F20300304-001）',
  organizer: { name: '示例税控服务有限公司', mail: 'service@example.com' },
  attendee: { name: '苏科', mail: 'su.ke@example.net' },
  stampedAt: '2030-03-04T01:00:00.000Z',
};

/** As a calendar reads it: unfolded by octets, then name, parameters and value of each line. */
function read(text: string): Map<string, { params: string; value: string }> {
  const unfolded = text.replace(/\r\n[ \t]/g, '');
  const lines = unfolded.split('\r\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [, name = '', params = '', value = ''] =
        /^([A-Z-]+)((?:;[A-Z-]+=(?:"[^"]*"|[^";:]*))*):(.*)$/s.exec(line) ?? [];
      return [name, { params, value }];
    }),
  );
}
function unescaped(value: string | undefined): string {
  return (value ?? '').replace(/\\([\\;,nN])/g, (_, sign: string) => (/n/i.test(sign) ? '\n' : sign));
}
const octets = (text: string) => new TextEncoder().encode(text).length;

describe('an invitation', () => {
  test('ISS-07 W28 reads back: who, when in UTC, which one, and how often it changed', () => {
    const text = calendarText(visit, letter);
    const lines = read(text);
    expect(Object.fromEntries([...lines].map(([name, { value }]) => [name, value]))).toMatchObject({
      VERSION: '2.0',
      METHOD: 'REQUEST',
      UID: visit.uid,
      SEQUENCE: '2',
      DTSTAMP: '20300304T010000Z',
      DTSTART: '20300306T010000Z',
      DTEND: '20300306T023000Z',
      STATUS: 'CONFIRMED',
      ORGANIZER: 'mailto:service@example.com',
      ATTENDEE: 'mailto:su.ke@example.net',
    });
    expect(lines.get('ORGANIZER')?.params).toContain('CN="示例税控服务有限公司"');
    expect(unescaped(lines.get('SUMMARY')?.value)).toBe(letter.summary);
    expect(text).not.toContain('TZID');
  });

  test('ISS-25 a cancellation has the same UID and says so', () => {
    const lines = read(calendarText({ ...visit, sequence: 3, method: 'CANCEL' }, letter));
    expect(lines.get('METHOD')?.value).toBe('CANCEL');
    expect(lines.get('STATUS')?.value).toBe('CANCELLED');
    expect(lines.get('UID')?.value).toBe(visit.uid);
  });

  test('no line is longer than 75 octets, every one ends in CRLF, and no Chinese character is divided', () => {
    for (const pad of ['', 'a', 'ab']) {
      const summary = `${pad}${'请安排人员到场😀'.repeat(12)}`;
      const text = calendarText(visit, { ...letter, summary });
      expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true);
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      for (const line of text.split('\r\n')) {
        expect(octets(line)).toBeLessThanOrEqual(75);
        // Half a character would come back from UTF-8 as a question mark.
        expect(new TextDecoder().decode(new TextEncoder().encode(line))).toBe(line);
      }
      expect(unescaped(read(text).get('SUMMARY')?.value)).toBe(summary);
    }
  });

  test('what has a meaning of its own is escaped, and nothing can add a line', () => {
    const summary = 'a; b, c\\d\r\nDTSTART:20000101T000000Z';
    const name = 'Su "K"\r\nATTENDEE:mailto:x@example.net';
    const text = calendarText(visit, { ...letter, summary, attendee: { ...letter.attendee, name } });
    const lines = read(text);
    expect(unescaped(lines.get('SUMMARY')?.value)).toBe(summary.replace('\r\n', '\n'));
    expect(lines.get('DTSTART')?.value).toBe('20300306T010000Z');
    expect(text.match(/^ATTENDEE/gm)).toHaveLength(1);
    expect(lines.get('ATTENDEE')?.value).toBe('mailto:su.ke@example.net');
  });
});
