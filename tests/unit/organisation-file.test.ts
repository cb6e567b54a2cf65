import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FileError,
  readStockCsv,
  readCustomersCsv,
  readOrganisation,
} from '../../adapters/organisation-file.js';
import { loadTemplates } from '../../adapters/texts.js';
import { ROLES } from '../../domain/case.js';
import { longestValues } from '../../domain/message.js';
import { deskOf, wantsMail } from '../../domain/organisation.js';

const ROOT = join(import.meta.dirname, '../..');
const example = (name: string) => join(ROOT, 'examples', name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'organisation-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

/** Problems of reading, without the file name. */
async function problemsOf(reading: Promise<unknown>): Promise<string[]> {
  const error = await reading.then(
    () => new Error('was read'),
    (each: unknown) => each,
  );
  if (!(error instanceof FileError)) throw error;
  return error.message.split('\n').map((line) => line.replace(/^.*?\.(?:yaml|csv):/, ''));
}

/** The example organisation with one text replaced. */
async function changed(from: string | RegExp, to: string): Promise<string> {
  const text = await readFile(example('organisation.yaml'), 'utf8');
  expect(text).toMatch(from);
  return write('changed.yaml', text.replace(from, to));
}

describe('the example organisations', () => {
  it('are read, with mobiles in E.164', async () => {
    const organisation = await readOrganisation(example('organisation.yaml'));
    expect(organisation.staff).toHaveLength(19);
    expect(organisation.staff[0]).toMatchObject({
      id: 'li.na',
      aliases: ['agent-1'],
      mobile: '+8613800000001',
    });
    expect(organisation.customers.length).toBeGreaterThanOrEqual(6);
    expect(organisation.customers.map((customer) => customer.channel)).toContain('mail');
    expect(organisation.customers.map((customer) => customer.language)).toContain('en');
    expect(organisation.units.map((unit) => unit.kind)).toEqual([
      'subordinate',
      'manufacturer',
      'bureau',
      'bureau',
    ]);
    expect(organisation.units.filter(wantsMail).map((unit) => unit.id)).toEqual(['binjiang-bureau']);
  });

  it.each(['organisation.yaml', 'organisation-small.yaml'])('%s has somebody in every role', async (name) => {
    const { byRole } = deskOf(await readOrganisation(example(name)));
    expect(ROLES.filter((role) => !byRole[role]?.length)).toEqual([]);
  });

  it('W5 the small one has three people', async () => {
    expect((await readOrganisation(example('organisation-small.yaml'))).staff).toHaveLength(3);
  });

  it.each(['organisation.yaml', 'organisation-small.yaml'])(
    '%s: the templates hold with its names and numbers',
    async (name) => {
      const { company, staff } = await readOrganisation(example(name));
      const longest = longestValues({
        staff,
        phone: company.hotline,
        recourseBodies: company.recourseBodies,
      });
      const set = await loadTemplates(join(ROOT, 'policy/templates'), {
        signature: company.smsSignature,
        longest,
      });
      expect(set.warnings).toEqual([]);
    },
  );
});

describe('an organisation that cannot be taken', () => {
  it('names line, column, path, value and what is allowed', async () => {
    const [problem, ...others] = await problemsOf(
      readOrganisation(await changed('roles: [finance]', 'roles: [finanse]')),
    );
    expect(problem).toMatch(/^\d+:13: staff\[11\]\.roles\[0\] = finanse: one of agent, secondLine, /);
    expect(others).toEqual([]);
  });

  it.each([
    ['an unknown head', 'head: he.jing', 'head: he.jin', /departments\[0\]\.head = he\.jin: one of li\.na, /],
    [
      'an unknown department',
      'department: finance',
      'department: finances',
      /staff\[11\]\.department = finances: one of service-desk/,
    ],
    ['an unknown substitute', 'substitute: wu.hao', 'substitute: wu.h', /substitute = wu\.h: one of/],
    [
      'oneself as substitute',
      'substitute: zhang.wei',
      'substitute: li.na',
      /substitute = li\.na: somebody else/,
    ],
    [
      'an alias used twice',
      'aliases: [agent-2]',
      'aliases: [agent-1]',
      /staff\[1\]\.aliases\[0\] = agent-1: used before/,
    ],
    [
      'a mobile as hotline',
      'hotline: 0571-5550100',
      'hotline: "13800000001"',
      /company\.hotline = 13800000001: a landline/,
    ],
    [
      'a wrong check character',
      '91330106MA0000015K',
      '91330106MA0000015A',
      /customers\[0\]\.taxpayerId = .*: a check character is wrong/,
    ],
    ['a bad mobile', '13800000101', '12800000101', /customers\[0\]\.mobile = 12800000101: a mainland mobile/],
    [
      'on call without mobile',
      /mobile: '13800000014'\n/,
      '\n',
      /staff\[13\]\.mobile = \(missing\): needed by whoever is on call/,
    ],
    [
      'mail preferred without mail',
      /mail: hedu@example.com\n/,
      '\n',
      /customers\[2\]\.mail = \(missing\): needed/,
    ],
    ['an unknown field', 'smsSignature:', 'smsSigature:', /company.*smsSigature: a typing error/],
    ['a customer id twice', 'id: yunfan', 'id: qingshan', /customers\[1\]\.id = qingshan: used before/],
  ])('says so: %s', async (_what, from, to, expected) => {
    expect((await problemsOf(readOrganisation(await changed(from, to)))).join('\n')).toMatch(expected);
  });

  it('takes roles that policy adds', async () => {
    const file = await changed('roles: [finance]', 'roles: [finance, driver]');
    expect((await readOrganisation(file, { roles: ['driver'] })).staff[11]?.roles).toContain('driver');
  });

  it('says so: not YAML, no such file, not UTF-8', async () => {
    expect((await problemsOf(readOrganisation(await write('a.yaml', 'a: [1')))).join()).toMatch(
      /^\d+:\d+: not YAML/,
    );
    expect((await problemsOf(readOrganisation(join(folder, 'none.yaml')))).join()).toContain('no such file');
    const gbk = await write('gbk.csv', Uint8Array.from([0xbf, 0xcd, 0xbb, 0xa7]));
    expect((await problemsOf(readCustomersCsv(gbk))).join()).toContain('save it as "CSV UTF-8"');
  });
});

describe('customers from a spreadsheet', () => {
  it('takes Chinese headers, a byte order mark, blanks in numbers and words for values', async () => {
    const customers = await readCustomersCsv(example('customers.csv'));
    expect(customers).toHaveLength(6);
    expect(customers[0]).toEqual({
      id: 'songhe',
      name: '杭州松鹤茶业有限公司',
      taxpayerId: '91330106MA0000074N',
      taxBureau: 'xihu-bureau',
      contactName: '宋禾',
      mobile: '+8613800000111',
      mail: 'songhe@example.com',
      channel: 'sms',
      language: 'zh-CN',
      tags: ['high-value'],
    });
    expect(customers[2]).toMatchObject({ taxpayerId: '91330106MA0000090C', tags: ['new', 'high-value'] });
    expect(customers[3]).toMatchObject({ channel: 'mail', language: 'en' });
    expect(customers[5]).toMatchObject({ channel: 'sms', language: 'zh-CN' });
  });

  it('takes English headers and undoes the apostrophe of an export (AT-48)', async () => {
    const file = await write('en.csv', "id,name,mobile\na,Alpha Ltd,'+8613800000001\n");
    expect(await readCustomersCsv(file)).toMatchObject([
      { id: 'a', mobile: '+8613800000001', channel: 'sms' },
    ]);
  });

  it('names line, column, value and what is allowed, for all problems at once', async () => {
    const file = await write(
      'bad.csv',
      '客户编号,企业全称,手机,联系方式偏好,纳税人识别号\n' +
        'a,杭州甲乙有限公司,12345678901,短信,\n' +
        'b,杭州丙丁有限公司,13800000001,传真,\n' +
        'a,"杭州戊己\n有限公司",13800000001,,9.13301E+17\n' +
        ',杭州庚辛有限公司,13800000001,,\n',
    );
    expect(await problemsOf(readCustomersCsv(file))).toEqual([
      '2:3: 手机 = 12345678901: a mainland mobile number: 11 digits, the first 1, the second 3 to 9',
      '3:4: 联系方式偏好 = 传真: one of sms, mail',
      '4:5: 纳税人识别号 = 9.13301E+17: Too small: expected string to have >=15 characters',
      '6:1: 客户编号 = (empty): Invalid input: expected string, received undefined',
    ]);
  });

  it('explains a taxpayer id that the spreadsheet turned into a number', async () => {
    const file = await write(
      'number.csv',
      'id,name,mobile,taxpayerId\na,Alpha Ltd,13800000001,9.1330106000000E+17\n',
    );
    expect((await problemsOf(readCustomersCsv(file))).join()).toContain('format the column as text');
  });

  it('refuses unknown, repeated and missing columns, uneven rows and repeated ids', async () => {
    expect((await problemsOf(readCustomersCsv(await write('h.csv', 'id,名字,id\n')))).join('\n')).toMatch(
      /1:2: 名字 = 名字: one of id, name, .*\n1:3: id = id: id has a column already\n1: name = \(missing\)/,
    );
    expect((await problemsOf(readCustomersCsv(await write('u.csv', 'id,name\na,b,c\n')))).join()).toMatch(
      /^2: not CSV/,
    );
    const twice = await write('t.csv', 'id,name,mobile\na,Alpha Ltd,13800000001\na,Alpha Two,13800000002\n');
    expect(await problemsOf(readCustomersCsv(twice))).toEqual([
      '3:1: id = a: used before in line 2: ids are unique',
    ]);
  });
});

describe('stock from a spreadsheet', () => {
  it('REG-05 takes serial numbers in any case, Chinese headers, and devices unless told', async () => {
    const stock = await readStockCsv(example('stock.csv'));
    expect(stock).toHaveLength(12);
    expect(stock[0]).toEqual({
      line: 2,
      item: 'JSP-30040001',
      kind: 'device',
      family: 'goldenTaxDisk',
      model: 'GTD-5 金税盘',
    });
    const file = await write(
      'stock.csv',
      '序列号,类别,型号,种类\njsp-1,reportDisk,RPD-1,\nPH-1,printHead,PH,备件\n',
    );
    expect(await readStockCsv(file)).toEqual([
      { line: 2, item: 'JSP-1', kind: 'device', family: 'reportDisk', model: 'RPD-1' },
      { line: 3, item: 'PH-1', kind: 'spare', family: 'printHead', model: 'PH' },
    ]);
  });

  it('REG-05 names line, column, value and what is allowed', async () => {
    const file = await write(
      'wrong.csv',
      'serial,family,model,kind\nS 1,disk,D,device\nS-22,金税盘,D,device\nS-33,disk,,cash\ns-44,disk,D,spare\nS-44,disk,D,spare\nS-55,goldTaxDisk,D,\n',
    );
    expect(await problemsOf(readStockCsv(file))).toEqual([
      '2:1: serial = S 1: 3 to 40 letters, digits and hyphens',
      '3:2: family = 金税盘: an id such as goldenTaxDisk',
      '4:3: model = (empty): Invalid input: expected string, received undefined',
      '4:4: kind = cash: one of device, spare',
      '6:1: serial = S-44: used before in line 5: serials are unique',
      '7:2: family = goldTaxDisk: one of goldenTaxCard, icCard, cardReader, goldenTaxDisk, taxControlDisk, reportDisk; what is no special device is a spare',
    ]);
    const bare = await problemsOf(readStockCsv(await write('bare.csv', 'serial,family\nS-1,disk\n')));
    expect(bare).toEqual(['1: model = (missing): a column for model is needed']);
  });
});
