/** What is printed and where: stdout is data, stderr talks. Tables align Chinese and are cut on a terminal only. */
import Table from 'cli-table3';
import type { Globals } from './command.js';
import { paint, takesColor, type Paint } from './paint.js';
import type { Trouble } from './errors.js';

export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  hasColors?: () => boolean;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const ESCAPES = /\u001b\[[0-9;]*m/g;

/** Columns a text takes on a terminal: Chinese takes two each, colour none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(ESCAPES, '')) width += WIDE.test(character) ? 2 : 1;
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

const BARE_CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export interface Column<Row> {
  head: string;
  cell(row: Row): string;
  /** On a narrow terminal this column gives way first. */
  elastic?: boolean;
}

export class Output {
  /** Paint of stdout. */
  readonly c: Paint;
  /** Paint of stderr. */
  readonly e: Paint;
  readonly json: boolean;

  constructor(
    globals: Pick<Globals, 'json' | 'color'>,
    private readonly stdout: Sink = process.stdout,
    private readonly stderr: Sink = process.stderr,
  ) {
    this.json = globals.json;
    this.c = paint(globals.color && takesColor(stdout));
    this.e = paint(globals.color && takesColor(stderr));
  }

  get isTty(): boolean {
    return this.stdout.isTTY === true;
  }

  /** Columns of the terminal; unlimited where nobody looks. */
  get columns(): number {
    return this.isTty ? (this.stdout.columns ?? 80) : Number.MAX_SAFE_INTEGER;
  }

  /** A line of data. */
  line(text = ''): void {
    this.stdout.write(`${text}\n`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** Text as it is, for redrawing. */
  raw(text: string): void {
    this.stdout.write(text);
  }

  /** A line of talk: progress, hints, what was left out. */
  say(text = ''): void {
    this.stderr.write(`${text}\n`);
  }

  /** A value as JSON, full. */
  value(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  /** The value as JSON, or the text people read. */
  either(value: unknown, text: () => void): void {
    if (this.json) this.value(value);
    else text();
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], indent = 0): string[] {
    if (rows.length === 0) return [];
    const cells = rows.map((row) => columns.map((column) => column.cell(row)));
    const widths = columns.map((column, i) =>
      Math.max(widthOf(column.head), ...cells.map((row) => widthOf(row[i]!))),
    );
    const room = this.columns - indent - 2 * (columns.length - 1);
    const excess = widths.reduce((sum, width) => sum + width, 0) - room;
    const elastic = columns.findIndex((column) => column.elastic);
    if (excess > 0 && elastic >= 0) widths[elastic] = Math.max(8, widths[elastic]! - excess);
    const table = new Table({
      head: columns.map((column) => this.c.dim(column.head)),
      colWidths: widths,
      chars: BARE_CHARS,
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
      truncate: '…',
    });
    table.push(...cells);
    const margin = ' '.repeat(indent);
    return table
      .toString()
      .split('\n')
      .map((line) => `${margin}${line}`.trimEnd());
  }

  /** Pairs, aligned: `due  Mon 18:00`. Pairs without a value are left out. */
  pairs(pairs: readonly (readonly [string, string | null | undefined])[], indent = 2): string[] {
    const shown = pairs.filter((pair): pair is readonly [string, string] => Boolean(pair[1]));
    const width = Math.max(0, ...shown.map(([name]) => widthOf(name))) + 2;
    const margin = ' '.repeat(indent);
    return shown.map(([name, value]) => `${margin}${this.c.dim(padEnd(name, width))}${value}`);
  }

  /** Trouble: an object on stdout with `--json`, else words on stderr. */
  trouble(trouble: Trouble, stack: string | undefined): void {
    const { code, message, fields, remedy, requestId } = trouble;
    if (this.json) {
      this.value({ error: { code, message, fields, remedy, requestId } });
    } else {
      const { e } = this;
      const [first = '', ...rest] = message.split('\n');
      this.say(`${e.red('✗')} ${first}  ${e.dim(code)}`);
      for (const line of rest) this.say(`  ${line.trim()}`);
      const width = Math.max(0, ...fields.map(({ field }) => widthOf(field))) + 2;
      // A single field whose text is the message already would be said twice.
      const told = fields.filter((field) => !(fields.length === 1 && message.includes(field.message)));
      for (const { field, message: why } of told) this.say(`  ${e.yellow(padEnd(field, width))}${why}`);
      if (remedy) for (const line of remedy.split('\n')) this.say(`  ${e.dim('→')} ${line}`);
    }
    if (stack) this.say(this.e.dim(stack));
  }
}

/** One word of a command line, quoted where a shell needs it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}
