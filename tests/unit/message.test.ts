import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTemplates, TemplateLintError } from '../../adapters/texts.js';
import { packageRoot } from '../../runtime/config.js';
import {
  complaintNotice,
  formatDay,
  formatInstant,
  formatParam,
  renderMessage,
  senderParams,
  type Lookups,
  type TemplateSet,
} from '../../domain/text.js';
import { FileError, readOrganisation } from '../../adapters/organisation-file.js';
import {
  calledAs,
  lintTemplates,
  longestValues,
  paramsOf,
  renderTemplate,
  SENDER_PARAMS,
  smsLength,
  smsSegments,
  TEMPLATE_PARAMS,
  TemplateError,
  type LoadedTemplate,
} from '../../domain/message.js';
import { WORDS } from '../../domain/words.js';

const FOLDER = join(import.meta.dirname, '../../policy/templates');
const signature = '示例税控';
const longest = longestValues();
const languages = ['zh-CN', 'en'] as const;

let set: TemplateSet;
beforeAll(async () => {
  set = await loadTemplates(FOLDER);
});

/** Values for every parameter of a template: the longest where known, else a plausible long one. */
function values(key: string, language: 'zh-CN' | 'en'): Record<string, string> {
  const { params, mail = [], optional = [] } = TEMPLATE_PARAMS[key]!;
  const filler = language === 'en' ? 'A sentence that somebody wrote.' : '有人写下的一句话。';
  return Object.fromEntries(
    [...params, ...mail, ...optional].map((name) => [name, longest[language][name] ?? filler]),
  );
}

/** The shipped set with one template changed. */
function planted(
  key: string,
  language: 'zh-CN' | 'en',
  change: (template: LoadedTemplate) => void,
): LoadedTemplate[] {
  const copy = structuredClone(set.all) as LoadedTemplate[];
  change(copy.find((template) => template.key === key && template.language === language)!);
  return copy;
}

function errorsOf(templates: LoadedTemplate[]): string[] {
  return lintTemplates(templates, { signature, longest })
    .filter((finding) => !finding.warning)
    .map((finding) => `${finding.key} ${finding.path}: ${finding.problem}`);
}

/** Errors after changing the SMS of `cmp.received`. */
function smsErrors(change: (sms: string) => string, language: 'zh-CN' | 'en' = 'zh-CN'): string[] {
  return errorsOf(
    planted('cmp.received', language, ({ channels }) => (channels.sms = change(channels.sms!))),
  );
}

describe('the shipped templates', () => {
  it('pass the lint without a warning', () => expect(set.warnings).toEqual([]));

  it('have every declared key in both languages, with the same parameters', () => {
    for (const key of Object.keys(TEMPLATE_PARAMS)) {
      const [zh, en] = languages.map((language) => set.find(key, language));
      const used = (template: LoadedTemplate, channel: 'sms' | 'mail') =>
        paramsOf(
          channel === 'sms' ? (template.channels.sms ?? '') : (template.channels.mail?.text ?? ''),
        ).sort();
      expect(used(en!, 'sms'), key).toEqual(used(zh!, 'sms'));
      expect(used(en!, 'mail'), key).toEqual(used(zh!, 'mail'));
      expect(Object.keys(en!.channels), key).toEqual(Object.keys(zh!.channels));
    }
    expect(set.all).toHaveLength(2 * Object.keys(TEMPLATE_PARAMS).length);
  });

  it.each(languages)('render in %s with the longest values within the limits', (language) => {
    for (const template of set.all.filter((each) => each.language === language)) {
      const params = values(template.key, language);
      const channels = Object.keys(template.channels) as ('sms' | 'mail' | 'letter')[];
      for (const channel of channels) {
        const { subject, text } = renderTemplate(template, channel, params);
        expect(text, template.key).not.toMatch(/\$\{|undefined|。。|\.\.|\n\n\n/);
        if (channel !== 'sms') expect(subject, template.key).not.toMatch(/\$\{/);
        else {
          const limit = language === 'zh-CN' && template.audience === 'customer' ? 70 : 134;
          expect(smsLength(text, signature), `${template.key}: ${text}`).toBeLessThanOrEqual(limit);
        }
      }
    }
  });

  it('reach customers by SMS and by mail, whichever they prefer', () => {
    for (const template of set.all.filter((each) => each.key.startsWith('cmp.')))
      expect(Object.keys(template.channels)).toEqual(['sms', 'mail']);
  });

  it('print one of them as a registered letter', () => {
    expect(set.all.filter((each) => each.channels.letter).map((each) => each.key)).toEqual([
      'mail.cmp.unreachable',
      'mail.cmp.unreachable',
    ]);
  });
});

describe('the notice of where to complain', () => {
  it.each(languages)(
    'CMP-01 names phone, hours, mail, place and who else may help, in %s',
    async (language) => {
      const { company } = await readOrganisation(join(packageRoot(), 'examples', 'organisation.yaml'));
      const { title, text } = complaintNotice(set, company, language);
      expect(title).toMatch(language === 'en' ? /complaints/ : /投诉/);
      for (const shown of [company.hotline, company.mailFrom]) expect(text).toContain(shown);
      for (const both of [company.hours, company.place, company.recourseBodies]) {
        const [zh, en] = both.split(' | ');
        expect(text).toContain(language === 'en' ? en : zh);
        expect(text).not.toContain(language === 'en' ? zh : en);
      }
    },
  );
  it('CMP-01 HOT-10 is refused with words that turn a customer away', () => {
    const rude = planted('mail.notice.complaints', 'zh-CN', (template) => {
      template.channels.mail!.text += '我们尽快处理。\n';
    });
    expect(errorsOf(rude)).toEqual([
      expect.stringMatching(/^mail\.notice\.complaints channels\.mail\.text: .*尽快/),
    ]);
  });
});

describe('lint turns red', () => {
  it('HOT-10 for 你 instead of 您', () =>
    expect(smsErrors((sms) => sms.replace('您', '你'))).toHaveLength(1));

  it.each(['喂', '不归我们管', '与我们无关', '解决不了', '随便您', '不清楚', '不知道', '尽快'])(
    'HOT-10 for %s',
    (phrase) => expect(smsErrors((sms) => `${phrase}${sms.slice(10)}`).join()).toContain('HOT-10'),
  );

  it.each([
    'not our business',
    'nothing to do with us',
    'cannot be solved',
    'as you like',
    "don't know",
    'soon',
  ])('HOT-10 for "%s"', (phrase) =>
    expect(smsErrors((sms) => `${sms} ${phrase}`, 'en').join()).toContain('HOT-10'),
  );

  it.each(['L2', 'CMP-03', 'W14', '升级', '内部', '争议', '二线'])('CMP-22 for %s', (phrase) =>
    expect(smsErrors((sms) => sms.replace('已登记', phrase)).join()).toContain('CMP-22'),
  );

  it.each(['level', 'escalated', 'internal', 'dispute', 'L2', 'ESC-07'])('CMP-22 for "%s"', (phrase) =>
    expect(smsErrors((sms) => `${sms} ${phrase}`, 'en').join()).toContain('CMP-22'),
  );

  it('for a link in the text, and for a variable that would carry one', () => {
    expect(smsErrors((sms) => sms.replace('电话', 'https://example.com ')).join()).toContain(
      'a link in the text',
    );
    expect(smsErrors((sms) => sms.replace('电话', 'www.example.cn')).join()).toContain('a link in the text');
    expect(smsErrors((sms) => sms.replace('电话', '${url}')).join()).toContain('would carry a link');
    const linked = { ...longest, 'zh-CN': { ...longest['zh-CN'], staff: 'https://a.cn/x' } };
    expect(lintTemplates(set.all, { signature, longest: linked })[0]?.problem).toContain('can hold a link');
  });

  it('for a missing parameter and for an unknown one', () => {
    expect(smsErrors((sms) => sms.replace('${phone}', '热线'))).toEqual([
      'cmp.received channels.sms: parameter ${phone} is missing',
    ]);
    expect(smsErrors((sms) => sms.replace('${phone}', '${phone}或${mobile}')).join()).toContain(
      'unknown parameter ${mobile}',
    );
    expect(smsErrors((sms) => sms.replace('${phone}', '${phone')).join()).toContain('not closed');
    expect(
      errorsOf(planted('cmp.received', 'en', ({ channels }) => (channels.mail!.text = 'Dear ${recipient}'))),
    ).toContain('cmp.received channels.mail.text: parameter ${time} is missing');
  });

  it('for a Chinese SMS of two segments and an English one of three', () => {
    expect(smsErrors((sms) => `${sms}感谢您的反映。`.padEnd(90, '谢')).join()).toMatch(/1\d\d characters/);
    expect(smsErrors((sms) => sms.padEnd(100, 'x'), 'en')).toEqual([]);
    expect(smsErrors((sms) => sms.padEnd(140, 'x'), 'en').join()).toMatch(/characters with the signature/);
  });

  it("measures with the organisation's own signature and names", () => {
    const own = longestValues({ staff: [{ name: '阿卜杜勒艾则孜江', calledAs: '阿卜杜勒艾则孜江先生' }] });
    expect(own['zh-CN']['staff']).toBe('阿卜杜勒艾则孜江先生');
    const findings = lintTemplates(set.all, { signature: '示例省税控技术服务', longest: own });
    expect(findings.filter((finding) => !finding.warning).map((finding) => finding.key)).toContain(
      'cmp.received',
    );
  });

  it('for 【】, symbols, Traditional characters, a mobile number, text of variables only', () => {
    expect(smsErrors((sms) => `【示例】${sms}`).join()).toContain('【】');
    expect(smsErrors((sms) => `★${sms}`).join()).toContain('symbol');
    expect(smsErrors((sms) => sms.replace('编号', '→')).join()).toContain('symbol');
    expect(smsErrors((sms) => sms.replace('电话', '電話')).join()).toContain('Traditional');
    expect(smsErrors((sms) => sms.replace('电话', '13800000001')).join()).toContain('mobile number');
    expect(smsErrors(() => '${caseNo}，${staff}，${time}，${phone}。')).toEqual([
      'cmp.received channels.sms: the text is nothing but variables',
    ]);
    expect(smsErrors((sms) => sms.replace('，${staff}', '${staff}')).join()).toContain('side by side');
  });

  it('for a hotline that is a mobile', () => {
    const findings = lintTemplates(set.all, { signature, longest: longestValues({ phone: '13800000001' }) });
    expect(findings[0]?.problem).toContain('not a landline');
  });

  it('for promotional texts without opt-out, and notifications with one or with advertising', () => {
    const promotional = (sms: string) =>
      errorsOf(
        planted('cmp.received', 'zh-CN', (template) => {
          template.class = 'P';
          template.channels.sms = sms;
        }),
      ).join();
    const sms = set.find('cmp.received', 'zh-CN').channels.sms!.replace('负责', '');
    expect(promotional(sms)).toContain('without opt-out');
    expect(promotional(`${sms.replace('反映的', '')}拒收请回复R`)).not.toContain('opt-out');
    expect(smsErrors((text) => `${text}拒收请回复R`).join()).toContain('class N with an opt-out');
    expect(smsErrors((text) => text.replace('已登记', '限时优惠')).join()).toContain(
      '"限时" in a notification',
    );
  });

  it('AT-41 for a survey nobody could answer', () => {
    const survey = (sms: string) =>
      errorsOf(
        planted('cmp.result', 'zh-CN', (template) => {
          template.survey = true;
          template.channels.sms = sms;
          template.channels.mail!.text += '请回复5非常满意4满意3一般2不满意1非常不满意。';
        }),
      ).filter((problem) => problem.includes('AT-41'));
    expect(survey('事项${caseNo}处理您满意吗？${staff}，电话${phone}。')).toHaveLength(1);
    expect(
      survey('事项${caseNo}您满意吗？回复5非常满意4满意3一般2不满意1非常不满意。${staff}${phone}'),
    ).toEqual([]);
    expect(survey('事项${caseNo}您满意吗？评价码${code}，${staff}，电话${phone}。')).toEqual([]);
    expect(survey('事项${caseNo}您满意吗？评价：https://example.com/s ${staff}，电话${phone}。')).toEqual([]);
  });

  it('for a key in one language only, twice, unknown, or of another shape', () => {
    const without = set.all.filter((each) => !(each.key === 'cmp.merged' && each.language === 'en'));
    expect(errorsOf([...without])).toEqual(['cmp.merged key: no template in en']);
    expect(errorsOf([...set.all, set.all[0]!])).toEqual(['cmp.received key: 2 templates in zh-CN']);
    expect(
      errorsOf(planted('cmp.merged', 'en', (template) => (template.key = 'cmp.mergd'))).join(),
    ).toContain('unknown template');
    expect(errorsOf(planted('staff.late', 'en', ({ channels }) => delete channels.mail)).join()).toContain(
      'class, audience and channels',
    );
    expect(errorsOf(planted('cmp.merged', 'en', ({ channels }) => delete channels.mail)).join()).toContain(
      'no mail form',
    );
  });
});

describe('rendering', () => {
  const find = (key: string) => set.find(key, 'zh-CN');
  const resultParams = () => values('mail.cmp.result', 'zh-CN');

  it('leaves out a line whose optional value is missing (CMP-22 with and without apology)', () => {
    const apology = WORDS.sentence.apology['zh-CN'];
    const withAll = renderTemplate(find('mail.cmp.result'), 'mail', { ...resultParams(), apology }).text;
    expect(withAll).toContain('\n由此给您带来不便，我们诚恳致歉。\n');
    const { apology: _a, prevention: _p, ...rest } = resultParams();
    const without = renderTemplate(find('mail.cmp.result'), 'mail', rest).text;
    expect(without).not.toMatch(/致歉|改进措施|\n\n\n/);
    expect(without).toContain('二、处理结果：有人写下的一句话。\n');
  });

  it('W21 the number under which devices go on is told in both languages', () => {
    const told = (language: 'zh-CN' | 'en', channel: 'sms' | 'mail') =>
      renderTemplate(set.find('iss.split', language), channel, {
        caseNo: 'F20300304-001',
        newCaseNo: 'F20300306-001',
        phone: '0571-5550100',
        recipient: 'Yunfan',
        company: 'Aftercare',
      });
    expect(told('zh-CN', 'sms').text).toBe(
      '未装好的设备转入编号F20300306-001继续办理，原编号F20300304-001。电话0571-5550100。',
    );
    expect(told('en', 'sms').text).toBe(
      'Devices not yet installed go on under F20300306-001, the others under F20300304-001. Tel. 0571-5550100.',
    );
    expect(told('zh-CN', 'mail')).toEqual({
      subject: '未装好的设备另立编号办理（F20300306-001）',
      text: [
        'Yunfan：您好。\n',
        '经您同意，未装好的设备转入编号F20300306-001继续办理，原编号F20300304-001办理已装好的设备。',
        '已为这些设备支付的款项一并转入，不重复收取。如有疑问，请致电0571-5550100。\n',
        'Aftercare',
      ].join('\n'),
    });
    expect(told('en', 'mail')).toEqual({
      subject: 'Your other devices have a number of their own (F20300306-001)',
      text: [
        'Dear Yunfan,\n',
        'As you agreed, the devices that could not be installed go on under number F20300306-001; those that work stay under F20300304-001.',
        'What was paid for them goes with them and is not asked for again. Questions: 0571-5550100.\n',
        'Aftercare',
      ].join('\n'),
    });
  });

  it('keeps one full stop where people ended the sentence themselves', () => {
    const { text } = renderTemplate(find('mail.cmp.result'), 'mail', {
      ...resultParams(),
      result: '更换打印头。',
    });
    expect(text).toContain('处理结果：更换打印头。\n');
  });

  it('refuses a missing value, a missing channel, and a link in an SMS value', () => {
    const code = (act: () => unknown) => {
      try {
        act();
        return 'rendered';
      } catch (error) {
        return (error as TemplateError).code;
      }
    };
    const params = values('cmp.received', 'zh-CN');
    expect(code(() => renderTemplate(find('cmp.received'), 'sms', { ...params, staff: ' ' }))).toBe(
      'template.paramMissing',
    );
    expect(code(() => renderTemplate(find('cmp.received'), 'letter', params))).toBe('template.noChannel');
    expect(code(() => renderTemplate(find('mail.cmp.result'), 'sms', params))).toBe('template.noChannel');
    expect(code(() => renderTemplate(find('cmp.received'), 'sms', { ...params, staff: 'http://a.cn' }))).toBe(
      'template.linkInValue',
    );
    expect(code(() => set.find('cmp.none', 'en'))).toBe('template.unknown');
  });

  it('never reads a value as a template', () => {
    const { text } = renderTemplate(find('mail.cmp.result'), 'mail', {
      ...resultParams(),
      result: '${phone} $& $1',
    });
    expect(text).toContain('处理结果：${phone} $& $1。');
  });

  it('counts signature, brackets and every character (facts 4)', () => {
    expect(smsLength('您好', signature)).toBe(8);
    expect([70, 71, 134, 135, 160].map(smsSegments)).toEqual([1, 2, 2, 3, 3]);
  });
});

describe("parameters in the reader's language", () => {
  const lookups: Lookups = {
    offsetMinutes: 480,
    staff: (id) => (id === 'li.na' ? { name: '李娜', calledAs: '李女士 | Ms Li' } : null),
    content: (id) => (id === 'c1' ? '更换打印头' : null),
  };

  it('writes instants and days, whatever the zone of the machine (AT-13)', () => {
    expect(formatInstant('2030-10-15T09:30:00.000Z', 'zh-CN', 480)).toBe('10月15日17:30');
    expect(formatInstant('2030-10-15T09:30:00.000Z', 'en', 480)).toBe('15 Oct 17:30');
    expect(formatInstant('2030-12-31T16:05:00.000Z', 'zh-CN', 480)).toBe('1月1日00:05');
    expect(formatDay('2030-03-04', 'zh-CN')).toBe('3月4日');
    expect(formatDay('2030-03-04', 'en')).toBe('4 Mar');
  });

  it('puts every kind of parameter into words', () => {
    const zh = (param: Parameters<typeof formatParam>[0]) => formatParam(param, 'zh-CN', lookups);
    expect([
      zh('T20300304-001'),
      zh(3),
      zh({ at: '2030-03-04T01:30:00.000Z' }),
      zh({ on: '2030-03-04' }),
    ]).toEqual(['T20300304-001', '3', '3月4日09:30', '3月4日']);
    expect(zh({ word: 'stage:investigating' })).toBe('正在调查核实');
    expect([
      zh({ staff: 'li.na' }),
      formatParam({ staff: 'li.na' }, 'en', lookups),
      zh({ staff: 'gone' }),
    ]).toEqual(['李女士', 'Ms Li', 'gone']);
    expect([zh({ content: 'c1' }), zh({ content: 'erased' })]).toEqual(['更换打印头', '（已删除）']);
    expect(calledAs({ name: '李娜' }, 'en')).toBe('李娜');
    expect(calledAs({ name: '李娜', calledAs: '李女士' }, 'en')).toBe('李女士');
  });

  const company = {
    name: '示例税控服务有限公司',
    hotline: '0571-5550100',
    place: '示例路1号',
    hours: '周一至周五',
    recourseBodies: '12366',
  };

  it('fills in what the sender knows itself', () => {
    expect(Object.keys(senderParams(company, null, 'en')).sort()).toEqual([...SENDER_PARAMS].sort());
    const order = {
      template: 'cmp.received',
      params: {
        caseNo: 'T20300304-001',
        staff: { staff: 'li.na' },
        time: { at: '2030-03-04T01:30:00.000Z' },
      },
      company,
      recipient: null,
    } as const;
    const sms = renderMessage(set, { ...order, channel: 'sms', language: 'zh-CN' }, lookups);
    expect(sms.text).toBe(
      '您反映的事项已登记，编号T20300304-001，李女士负责，3月4日09:30前答复。电话0571-5550100。',
    );
    expect(sms.params).toEqual({
      caseNo: 'T20300304-001',
      staff: '李女士',
      time: '3月4日09:30',
      phone: '0571-5550100',
    });
    const mail = renderMessage(set, { ...order, channel: 'mail', language: 'en' }, lookups);
    expect(mail.subject).toBe('We have registered your case (T20300304-001)');
    expect(mail.text).toContain('Dear customer,');
    expect(mail.text).toContain('Ms Li stays in charge');
  });
});

describe('loading', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'templates-'));
    await mkdir(join(folder, 'zh-CN'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('names file, path, value and what is allowed', async () => {
    const file = join(folder, 'zh-CN', 'a.yaml');
    await writeFile(
      file,
      'schema: aftercare.templates/1\ntemplates:\n  - key: cmp.received\n    class: X\n    audience: customer\n    channels:\n      sms: 您好\n',
    );
    const error = await loadTemplates(folder).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toBe(`${file}:4:12: templates[0].class = X: one of N, P`);
  });

  it('throws one error listing every finding', async () => {
    await writeFile(
      join(folder, 'zh-CN', 'a.yaml'),
      'schema: aftercare.templates/1\ntemplates:\n  - key: staff.progressDue\n    class: N\n    audience: staff\n    channels: { sms: 你好★ }\n',
    );
    const error = await loadTemplates(folder).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(TemplateLintError);
    const { message } = error as TemplateLintError;
    expect(message).toContain('"你" must not be said (HOT-10)');
    expect(message).toContain('the symbol "★"');
    expect(message).toContain('staff.progressDue key: no template in en');
  });
});
