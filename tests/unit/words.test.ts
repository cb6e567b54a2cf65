import { describe, expect, it } from 'vitest';
import * as complaint from '../../domain/complaint.js';
import { FACT_KINDS, LEVELS, PROCESS_LETTERS, ROLES } from '../../domain/case.js';
import { CLOCK_NAMES } from '../../domain/policy.js';
import { TEMPLATE_PARAMS } from '../../domain/message.js';
import { WORDS, longestWord, word, wordParam, type Label, type WordKind } from '../../domain/words.js';

const kinds = Object.keys(WORDS) as WordKind[];

describe('words shown to people', () => {
  it.each<[WordKind, readonly string[]]>([
    ['task', Object.keys(complaint.COMPLAINT_TASKS)],
    ['clock', [...CLOCK_NAMES, 'resolution', 'promise']],
    ['level', LEVELS],
    ['role', ROLES],
    [
      'status',
      ['open', 'closing', 'closed', 'failed', 'completed', 'moot', 'queued', 'deferred', 'sent', 'dropped'],
    ],
    ['outcome', complaint.OUTCOMES],
    ['grade', complaint.GRADES],
    ['finding', complaint.FINDINGS],
    ['told', complaint.FINDINGS],
    ['pause', ['waitingCustomer', 'waitingUnit', 'waitingManufacturer', 'waitingTaxBureau']],
    ['intake', complaint.CHANNELS],
    ['channel', complaint.CHANNELS_OF_CONTACT],
    ['identity', complaint.IDENTITIES],
    ['subject', complaint.SUBJECTS],
    ['problemType', complaint.PROBLEM_TYPES],
    ['demand', complaint.DEMANDS],
    ['media', complaint.MEDIA],
    ['waitingOn', ['us', 'customer', 'unit', 'manufacturer', 'bureau']],
    ['process', Object.keys(PROCESS_LETTERS)],
    ['fact', FACT_KINDS],
    ['message', Object.keys(TEMPLATE_PARAMS).filter((key) => !key.startsWith('staff.'))],
  ])('has a label for every %s', (kind, keys) => {
    expect(keys.filter((key) => !Object.hasOwn(WORDS[kind], key))).toEqual([]);
  });

  it('has Chinese in Chinese and English in English', () => {
    for (const kind of kinds) {
      for (const [key, label] of Object.entries<Label>(WORDS[kind])) {
        expect(label['zh-CN'], `${kind} ${key}`).toMatch(/\p{Script=Han}/u);
        expect(label.en, `${kind} ${key}`).toMatch(/^[ -~]+$/);
      }
    }
  });

  it('uses a label once within a kind, so that nobody mixes two up', () => {
    for (const kind of kinds.filter((each) => each !== 'status')) {
      for (const language of ['zh-CN', 'en'] as const) {
        const labels = Object.values<Label>(WORDS[kind]).map((label) => label[language]);
        expect(new Set(labels).size, `${kind} ${language}`).toBe(labels.length);
      }
    }
  });

  it('CMP-22 what customers read holds no internal words', () => {
    for (const kind of ['stage', 'told', 'sentence'] as const) {
      for (const label of Object.values<Label>(WORDS[kind])) {
        expect(label['zh-CN']).not.toMatch(/升级|级别|内部|争议|一线|二线|工单|超时|你/);
        expect(label.en).not.toMatch(/level|escalat|internal|dispute|ticket|second line/i);
      }
    }
  });

  it('returns an unknown key as it is', () => {
    expect(word('task', 'unheardOf', 'en')).toBe('unheardOf');
    expect(word('task', 'constructor', 'en')).toBe('constructor');
    expect(wordParam('noKind:x', 'en')).toBe('noKind:x');
  });

  it('finds a word parameter by kind, or by key alone with tasks first', () => {
    expect(word('task', 'acknowledge', 'zh-CN')).toBe('首次响应');
    expect(wordParam('secondLine', 'zh-CN')).toBe('二线支持');
    expect(wordParam('clock:secondLine', 'zh-CN')).toBe('二线支持时限');
    expect(wordParam('told:founded', 'en')).toBe('what you told us is right');
    expect(wordParam('cmp.received', 'zh-CN')).toBe('受理通知');
  });

  it('knows the longest label of a kind', () => expect(longestWord('grade', 'en')).toBe('important'));
});
