/**
 * The organisation as people keep it: a YAML file for `org import`; customers and stock as CSV from a spreadsheet.
 * Everything wrong in a file is reported at once, each with its place, the value, and what is allowed.
 */
import { readFile } from 'node:fs/promises';
import { parse as parseCsv, CsvError, type InfoRecord } from 'csv-parse/sync';
import { LineCounter, isCollection, isNode, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { ROLES } from '../domain/case.js';
import type { StockItem } from '../domain/custody.js';
import {
  customerSchema,
  organisationSchema,
  type Customer,
  type Organisation,
} from '../domain/organisation.js';
import { DEVICE_FAMILIES } from '../domain/issuance.js';
import { mayStandInText, normaliseMobile, parsePhone } from '../domain/phone.js';
import { checkTaxpayerId, normaliseTaxpayerId } from '../domain/taxpayer.js';

/** One thing wrong in a file. */
export interface FileProblem {
  file: string;
  /** From 1; null where the file as a whole is meant. */
  line: number | null;
  column: number | null;
  /** Path in YAML (`staff[3].roles[0]`), column header in CSV. */
  path: string;
  value: string;
  /** What is allowed, or what to do. */
  allowed: string;
}

/** A file that cannot be taken: all its problems. The message lists them, one a line. */
export class FileError extends Error {
  override readonly name = 'FileError';
  constructor(readonly problems: FileProblem[]) {
    super(problems.map(describe).join('\n'));
  }
}

function describe({ file, line, column, path, value, allowed }: FileProblem): string {
  const place = [file, line, column].filter((part) => part !== null).join(':');
  return [place, [path, value].filter(Boolean).join(' = '), allowed].filter(Boolean).join(': ');
}

const LONGEST_SHOWN = 60;

function shown(value: unknown): string {
  if (value === undefined) return '(missing)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, '');
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    root,
  );
}

/** Allowed values or the reason, in words, from one zod issue. */
function allowedText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'unrecognized_keys')
    return `unknown ${issue.keys.join(', ')}: a typing error, or remove it`;
  return issue.message;
}

/** A YAML file, parsed and valid, with a way to point at places in it for further checks. */
export interface YamlFile<T> {
  data: T;
  problem(path: readonly PropertyKey[], allowed: string): FileProblem;
}

/** UTF-8 text without byte order mark. Spreadsheets here often save GBK, which would come out as rubbish. */
async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'no such file' : `cannot be read (${cause.code})`;
    throw new FileError([{ file, line: null, column: null, path: '', value: '', allowed: why }]);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const allowed = 'not UTF-8; save it as "CSV UTF-8" or UTF-8 text';
    throw new FileError([{ file, line: null, column: null, path: '', value: '', allowed }]);
  }
}

/** Line and column of a path; of its nearest existing parent where the value is missing. */
function placeOf(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
): [number, number] | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const part = path.slice(0, length);
    const node = length === 0 ? document.contents : document.getIn(part, true);
    if (!isNode(node) || !node.range) continue;
    const start =
      isCollection(node) && length < path.length && node.items.length === 0 ? node.range[1] : node.range[0];
    const { line, col } = lines.linePos(start);
    return [line, col];
  }
  return null;
}

/**
 * Reads a YAML file and checks it.
 * @throws FileError naming file, line, path, value and what is allowed, for everything that is wrong
 */
export async function readYamlFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<YamlFile<z.output<Schema>>> {
  const lines = new LineCounter();
  const document = parseDocument(await readText(file), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new FileError(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { file, line, column: col, path: '', value: '', allowed: `not YAML: ${error.message}` };
      }),
    );
  }
  const raw: unknown = document.toJS();
  const problem = (path: readonly PropertyKey[], allowed: string): FileProblem => {
    const [line, column] = placeOf(document, lines, path) ?? [null, null];
    return { file, line, column, path: pathText(path), value: shown(valueAt(raw, path)), allowed };
  };
  const parsed = schema.safeParse(raw);
  if (!parsed.success)
    throw new FileError(parsed.error.issues.map((issue) => problem(issue.path, allowedText(issue))));
  return { data: parsed.data, problem };
}

// ---------------------------------------------------------------- checks shared by YAML and CSV

type Complain = (field: keyof Customer, allowed: string) => void;

/** Numbers and ids of a customer in the form they are stored in; complains about what cannot be one. */
function tidyCustomer(customer: Customer, complain: Complain): Customer {
  const tidy = { ...customer };
  if (customer.mobile !== undefined) {
    const mobile = normaliseMobile(customer.mobile);
    if (mobile) tidy.mobile = mobile;
    else complain('mobile', 'a mainland mobile number: 11 digits, the first 1, the second 3 to 9');
  }
  if (customer.landline !== undefined) {
    const phone = parsePhone(customer.landline);
    if (phone && phone.kind !== 'mobile') tidy.landline = phone.value;
    else complain('landline', 'a landline, e.g. 0571-5550123; mobiles belong in mobile (手机)');
  }
  if (customer.taxpayerId !== undefined) {
    const check = checkTaxpayerId(customer.taxpayerId);
    if (check.ok) tidy.taxpayerId = check.id;
    else if (/E\+\d+$/.test(normaliseTaxpayerId(customer.taxpayerId)))
      complain(
        'taxpayerId',
        'the spreadsheet made a number of it: format the column as text and enter it again',
      );
    else complain('taxpayerId', `${check.problem}; ${check.allowed}`);
  }
  if (customer.channel === 'mail' && customer.mail === undefined) {
    complain('mail', 'needed, because the preferred channel is mail');
  }
  if (customer.mobile === undefined && customer.landline === undefined && customer.mail === undefined) {
    complain('mobile', 'needs one way to reach the customer: mobile, landline or mail');
  }
  return tidy;
}

// ---------------------------------------------------------------- YAML

/**
 * Reads and checks an organisation: besides the schema that ids are unique, references exist, roles are known and
 * numbers are numbers. Mobiles come out in E.164, taxpayer ids in upper case.
 * @param options.roles roles besides the default manuals' that policy may name
 * @throws FileError listing every problem
 */
export async function readOrganisation(
  path: string,
  options: { roles?: readonly string[] } = {},
): Promise<Organisation> {
  const { data, problem } = await readYamlFile(path, organisationSchema);
  const problems: FileProblem[] = [];
  const complain = (at: readonly PropertyKey[], allowed: string) => problems.push(problem(at, allowed));

  const unique = (list: 'departments' | 'units' | 'customers') => {
    const seen = new Set<string>();
    data[list].forEach(({ id }, index) => {
      if (seen.has(id)) complain([list, index, 'id'], `used before in ${list}: ids are unique`);
      seen.add(id);
    });
  };
  unique('departments');
  unique('units');
  unique('customers');

  const roles = [...ROLES, ...(options.roles ?? [])];
  const departments = new Set(data.departments.map((department) => department.id));
  const people = new Set(data.staff.map((person) => person.id));
  const staffIds = [...people].join(', ');
  const taken = new Set<string>();

  data.departments.forEach(({ head }, index) => {
    if (head !== undefined && !people.has(head))
      complain(['departments', index, 'head'], `one of ${staffIds}`);
  });
  data.staff.forEach((person, index) => {
    const at = (...rest: PropertyKey[]) => ['staff', index, ...rest];
    [person.id, ...person.aliases].forEach((id, place) => {
      if (taken.has(id))
        complain(
          place === 0 ? at('id') : at('aliases', place - 1),
          'used before: ids and aliases are unique',
        );
      taken.add(id);
    });
    person.roles.forEach((role, place) => {
      if (!roles.includes(role)) complain(at('roles', place), `one of ${roles.join(', ')}`);
    });
    if (!departments.has(person.department))
      complain(at('department'), `one of ${[...departments].join(', ')}`);
    if (person.substitute === person.id) complain(at('substitute'), 'somebody else');
    else if (person.substitute !== undefined && !people.has(person.substitute))
      complain(at('substitute'), `one of ${staffIds}`);
    if (person.mobile === undefined && person.mail === undefined)
      complain(at('mail'), 'needs mail or mobile, to be reminded');
    if (person.mobile !== undefined) {
      const mobile = normaliseMobile(person.mobile);
      if (mobile) person.mobile = mobile;
      else complain(at('mobile'), 'a mainland mobile number: 11 digits, the first 1, the second 3 to 9');
    }
    // The call-out of a night's major case is an SMS (W16).
    if (person.roles.includes('onCall') && person.mobile === undefined)
      complain(at('mobile'), 'needed by whoever is on call');
  });
  data.units.forEach((unit, index) => {
    if (unit.phone !== undefined && !parsePhone(unit.phone))
      complain(['units', index, 'phone'], 'a telephone number');
    unit.officers.forEach((officer, nth) => {
      if (officer.phone !== undefined && !parsePhone(officer.phone))
        complain(['units', index, 'officers', nth, 'phone'], 'a telephone number');
    });
  });
  if (!mayStandInText(data.company.hotline)) {
    complain(['company', 'hotline'], 'a landline, 400 or 95 number: customer texts may not name a mobile');
  }
  const customers = data.customers.map((customer, index) =>
    tidyCustomer(customer, (field, allowed) => complain(['customers', index, field], allowed)),
  );
  if (problems.length > 0) throw new FileError(problems);
  return { ...data, customers };
}

// ---------------------------------------------------------------- CSV

/** Headers as spreadsheets name them, besides the field names themselves. */
const HEADERS: Record<string, keyof Customer> = {
  编号: 'id',
  客户编号: 'id',
  顾客档案号: 'id',
  企业全称: 'name',
  客户名称: 'name',
  单位名称: 'name',
  纳税人识别号: 'taxpayerId',
  统一社会信用代码: 'taxpayerId',
  '纳税人识别号/统一社会信用代码': 'taxpayerId',
  主管税务机关: 'taxBureau',
  联系人: 'contactName',
  手机: 'mobile',
  座机: 'landline',
  邮箱: 'mail',
  电子邮件: 'mail',
  联系方式偏好: 'channel',
  语言: 'language',
  标签: 'tags',
};

/** Values as people write them. */
const VALUES: Partial<Record<keyof Customer, Record<string, string>>> = {
  channel: { 短信: 'sms', 邮件: 'mail' },
  language: { 中文: 'zh-CN', 英文: 'en', zh: 'zh-CN' },
};

function cellValue(field: keyof Customer, text: string): string | string[] {
  if (field === 'tags')
    return text
      .split(/[;；、|]/)
      .map((tag) => tag.trim())
      .filter(Boolean);
  return VALUES[field]?.[text] ?? text;
}

/**
 * Reads customers from CSV: first line headers, English field names or Chinese ones, UTF-8 with or without byte
 * order mark. Empty cells take the default.
 * @throws FileError naming line, column, value and what is allowed, for everything that is wrong
 */
export async function readCustomersCsv(path: string): Promise<Customer[]> {
  const rows = await readCsv(path, {
    schema: customerSchema,
    headers: HEADERS,
    required: ['id', 'name'],
    id: 'id',
    cell: cellValue,
    tidy: tidyCustomer,
  });
  return rows.map((row) => row.data);
}

/** Headers of a stock list as spreadsheets name them. */
const STOCK_HEADERS: Record<string, keyof StockRow> = {
  序列号: 'serial',
  设备编号: 'serial',
  类别: 'family',
  型号: 'model',
  种类: 'kind',
};
const STOCK_KINDS: Record<string, string> = { 专用设备: 'device', 备件: 'spare' };

const stockSchema = z.strictObject({
  serial: z
    .string()
    .toUpperCase()
    .regex(/^[A-Z0-9][A-Z0-9-]{2,39}$/, '3 to 40 letters, digits and hyphens'),
  family: z.string().regex(/^[a-z][a-zA-Z0-9]{0,39}$/, 'an id such as goldenTaxDisk'),
  model: z.string().max(60),
  kind: z.enum(['device', 'spare']).default('device'),
});
type StockRow = z.output<typeof stockSchema>;

/** One line of a stock list. */
export interface StockLine extends StockItem {
  line: number;
}

/**
 * Reads devices and spares from CSV (REG-05): serial, family, model and kind (`device` unless told), read as customers
 * are. Serial numbers come out in upper case.
 * @throws FileError naming line, column, value and what is allowed, for everything that is wrong
 */
export async function readStockCsv(path: string): Promise<StockLine[]> {
  const rows = await readCsv(path, {
    schema: stockSchema,
    headers: STOCK_HEADERS,
    required: ['serial', 'family', 'model'],
    id: 'serial',
    cell: (field, text) => (field === 'kind' ? (STOCK_KINDS[text] ?? text) : text),
    // A device of a family that nobody can order would only stand in the bureau's ledger; it cannot be taken out again.
    tidy(row, complain) {
      if (row.kind === 'device' && !(DEVICE_FAMILIES as readonly string[]).includes(row.family))
        complain('family', `one of ${DEVICE_FAMILIES.join(', ')}; what is no special device is a spare`);
      return row;
    },
  });
  return rows.map(({ line, data: { serial, ...rest } }) => ({ line, item: serial, ...rest }));
}

interface CsvShape<Row> {
  schema: z.ZodType<Row> & { shape: Record<string, unknown> };
  /** Headers that are taken besides the names of the fields. */
  headers: Record<string, keyof Row & string>;
  required: (keyof Row & string)[];
  /** Field that no two lines share. */
  id: keyof Row & string;
  /** A cell that is not empty, as the schema takes it. */
  cell(field: keyof Row & string, text: string): unknown;
  /** Further checks of a row that the schema takes. */
  tidy?(row: Row, complain: (field: keyof Row & string, allowed: string) => void): Row;
}

async function readCsv<Row>(path: string, shape: CsvShape<Row>): Promise<{ line: number; data: Row }[]> {
  type Field = keyof Row & string;
  const problems: FileProblem[] = [];
  const fail = (line: number | null, column: number | null, header: string, value: string, allowed: string) =>
    problems.push({ file: path, line, column, path: header, value, allowed });
  const rows = parseRows(path, await readText(path));

  const names = Object.keys(shape.schema.shape) as Field[];
  const fieldOf = (header: string): Field | null => {
    const name = header.trim();
    const own = names.find((field) => field.toLowerCase() === name.toLowerCase());
    return own ?? shape.headers[name] ?? null;
  };
  const header = rows[0]?.cells ?? [];
  const fields = header.map(fieldOf);
  fields.forEach((field, index) => {
    const name = header[index]!;
    if (field === null)
      fail(1, index + 1, name, name, `one of ${[...names, ...Object.keys(shape.headers)].join(', ')}`);
    else if (fields.indexOf(field) !== index) fail(1, index + 1, name, name, `${field} has a column already`);
  });
  for (const field of shape.required) {
    if (!fields.includes(field)) fail(1, null, field, '(missing)', `a column for ${field} is needed`);
  }
  if (problems.length > 0) throw new FileError(problems);

  const read: { line: number; data: Row }[] = [];
  const seen = new Map<unknown, number>();
  for (const { line, cells } of rows.slice(1)) {
    const at = (field: PropertyKey | undefined, allowed: string) => {
      const index = fields.findIndex((each) => each === field);
      fail(
        line,
        index < 0 ? null : index + 1,
        header[index] ?? String(field ?? ''),
        cells[index] || '(empty)',
        allowed,
      );
    };
    const raw = Object.fromEntries(
      fields.map((field, index) => {
        // Exports put an apostrophe before signs that a spreadsheet would run as a formula (AT-48).
        const text = (cells[index] ?? '').trim().replace(/^'(?=[=+\-@])/, '');
        return [field, text === '' ? undefined : shape.cell(field!, text)];
      }),
    );
    const parsed = shape.schema.safeParse(raw);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) at(issue.path[0], allowedText(issue));
      continue;
    }
    const id = parsed.data[shape.id];
    const before = seen.get(id);
    if (before !== undefined) at(shape.id, `used before in line ${before}: ${shape.id}s are unique`);
    seen.set(id, line);
    read.push({ line, data: shape.tidy ? shape.tidy(parsed.data, at) : parsed.data });
  }
  if (problems.length > 0) throw new FileError(problems);
  return read;
}

function parseRows(file: string, text: string): { line: number; cells: string[] }[] {
  try {
    const records = parseCsv(text, { info: true, skip_empty_lines: true }) as unknown as {
      record: string[];
      info: InfoRecord;
    }[];
    // `info.lines` is where the record ends; a quoted cell may hold line breaks.
    return records.map(({ record, info }) => ({
      line: info.lines - record.join('').split('\n').length + 1,
      cells: record,
    }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause['lines'] === 'number' ? cause['lines'] : null;
    throw new FileError([
      { file, line, column: null, path: '', value: '', allowed: `not CSV: ${cause.message}` },
    ]);
  }
}
