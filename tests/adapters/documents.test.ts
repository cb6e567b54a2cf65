/** Printed forms: every form, empty, typical and as long as may be, read back from the PDF. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getDocumentProxy } from 'unpdf';
import { describe, expect, test } from 'vitest';
import { renderDocument, UnprintableError, type DocumentKind } from '../../documents/index.js';
import { openTypesetter, TypesettingError } from '../../documents/typesetter.js';
import { COMPLETE, longest, LONGEST_LIST, MINIMAL, type Filling } from '../support/papers.js';

const KINDS = Object.keys(COMPLETE) as DocumentKind[];
const TITLES: Record<DocumentKind, string> = {
  complaintHandlingForm: '投诉处理单',
  serviceForm: '技服表格',
  borrowSlip: '借条',
  pickUpVoucher: '取机凭证',
  receipt: '售后服务回单',
  activationForm: '开通登记表',
  deviceLedger: '专用设备收发存台账',
};

interface Page {
  /** All text without spaces, in the order of the file. */
  text: string;
  /** Text that stands outside of the frame of the page. */
  outside: string[];
}

/** A4 in points, and the margin that nothing but head, foot and copy name may enter. */
/** A run of text on a page, as pdf.js tells it; its own types come from a package that unpdf does not install. */
interface Run {
  str: string;
  transform: number[];
  width: number;
}

const WIDTH = 595.28;
const HEIGHT = 841.89;
const MARGIN = 20;

async function pagesOf(pdf: Uint8Array): Promise<Page[]> {
  const file = await getDocumentProxy(new Uint8Array(pdf));
  const pages: Page[] = [];
  for (let number = 1; number <= file.numPages; number += 1) {
    const page = await file.getPage(number);
    const { width, height } = page.getViewport({ scale: 1 });
    expect([Math.round(width), Math.round(height)]).toEqual([Math.round(WIDTH), Math.round(HEIGHT)]);
    const { items } = (await page.getTextContent()) as { items: (Run | object)[] };
    const runs = items.flatMap((item) => ('str' in item ? [item] : []));
    pages.push({
      text: runs
        .map(({ str }) => str)
        .join('')
        .replace(/\s/g, ''),
      outside: runs
        .filter(({ str, transform, width: length }) => {
          const [x, y] = [Number(transform[4]), Number(transform[5])];
          return (
            str.trim() !== '' &&
            (x < MARGIN || x + length > WIDTH - MARGIN || y < MARGIN || y > HEIGHT - MARGIN)
          );
        })
        .map(({ str }) => str),
    });
  }
  return pages;
}

const textOf = (pages: readonly Page[]) => pages.map(({ text }) => text).join('');

/** Every text of a model with its place; `createdAt` is not printed. */
function textsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return path.endsWith('.createdAt') ? [] : [[path, value.replace(/\s/g, '')]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => textsOf(each, `${path}.${key}`));
}

describe.each(KINDS)('%s', (kind) => {
  test('prints every field of the dictionary', async () => {
    const pages = await pagesOf(await renderDocument(kind, COMPLETE[kind]));
    const whole = textOf(pages);
    const missing = textsOf(COMPLETE[kind]).filter(([, text]) => !whole.includes(text));
    expect(missing).toEqual([]);
    expect(whole).toContain(TITLES[kind]);
    expect(pages.flatMap(({ outside }) => outside)).toEqual([]);
  });

  test('prints as an empty form with its number, the company and page numbers', async () => {
    const pages = await pagesOf(await renderDocument(kind, MINIMAL[kind]));
    const { head } = MINIMAL[kind];
    for (const { text } of pages)
      for (const part of [head.company, head.hotline, head.formNo, TITLES[kind]])
        expect(text).toContain(part);
    expect(pages[0]!.text).toContain(`第1页共${kind === 'receipt' ? 1 : pages.length}页`);
    expect(textOf(pages)).not.toMatch(/undefined|null|none|✓/);
  });

  test.each<Filling>(['chinese', 'word', 'marks'])(
    'loses nothing of the longest texts: %s',
    async (filling) => {
      const model = longest(kind, filling);
      const pages = await pagesOf(await renderDocument(kind, model));
      expect(pages.flatMap(({ outside }) => outside)).toEqual([]);
      const count = (text: string) => [...text].filter((each) => /[W！，]/.test(each)).length;
      const copies = kind === 'receipt' ? 3 : 1;
      const wanted = textsOf(model).reduce((sum, [, text]) => sum + count(text), 0);
      expect(count(textOf(pages))).toBeGreaterThanOrEqual(copies * wanted);
    },
  );

  test('makes the same bytes of the same form, and others of another', async () => {
    const once = await renderDocument(kind, COMPLETE[kind]);
    expect(Buffer.from(await renderDocument(kind, COMPLETE[kind])).equals(Buffer.from(once))).toBe(true);
    const later = structuredClone(COMPLETE[kind]);
    later.head.createdAt = '2030-03-06T00:00:00Z';
    expect(Buffer.from(await renderDocument(kind, later)).equals(Buffer.from(once))).toBe(false);
  });
});

test('pages are as many as the paper has', async () => {
  const count = async (kind: DocumentKind, model = COMPLETE[kind] as never) =>
    (await pagesOf(await renderDocument(kind, model))).length;
  expect(await count('complaintHandlingForm')).toBe(1);
  expect(await count('borrowSlip')).toBe(1);
  expect(await count('pickUpVoucher')).toBe(2);
  expect(await count('activationForm')).toBe(2);
  expect(await count('serviceForm')).toBe(3);
  expect(await count('receipt')).toBe(3);
  expect(await count('deviceLedger')).toBe(1);
  for (const filling of ['chinese', 'word', 'marks'] as const)
    expect(await count('receipt', longest('receipt', filling) as never)).toBe(3);
});

test('a receipt is three copies, each a page of its own', async () => {
  const pages = await pagesOf(await renderDocument('receipt', COMPLETE.receipt));
  ['第一联客户联', '第二联公司联', '第三联存根'].forEach((copy, i) => {
    expect(pages[i]!.text).toContain(copy);
    expect(pages[i]!.text).toContain('第1页共1页');
    expect(pages[i]!.text).toContain(COMPLETE.receipt.treatmentSummary);
  });
});

test('a visit with twelve faults prints twelve', async () => {
  const whole = textOf(await pagesOf(await renderDocument('serviceForm', longest('serviceForm', 'chinese'))));
  for (let i = 1; i <= LONGEST_LIST; i += 1) expect(whole).toContain(`故障${i}故障描述`);
});

test('ticks what was chosen, several where several are, and what the form does not know under 其他', async () => {
  const model = { ...COMPLETE.borrowSlip, purpose: '展会演示' };
  const whole = textOf(await pagesOf(await renderDocument('borrowSlip', model)));
  expect(whole).toContain('✓部分销');
  expect(whole).toContain('✓其他：展会演示');
  expect(whole).not.toContain('✓维修');
  const complaint = textOf(
    await pagesOf(await renderDocument('complaintHandlingForm', COMPLETE.complaintHandlingForm)),
  );
  expect(complaint).toContain('✓维修更换退款✓赔偿');
});

test('REG-05 the ledger of devices has a line of totals, a list of serials when asked, and places to sign and stamp', async () => {
  const whole = textOf(await pagesOf(await renderDocument('deviceLedger', COMPLETE.deviceLedger)));
  expect(whole).toContain('合计31132411433312011');
  expect(whole).toContain('逐号明细');
  expect(whole).toMatch(/制表人（签字）.*保管员（签字）.*单位负责人（签字、盖章）.*（盖章）/);
  const short = { ...COMPLETE.deviceLedger, devices: [] };
  expect(textOf(await pagesOf(await renderDocument('deviceLedger', short)))).not.toContain('逐号明细');
  const none = textOf(await pagesOf(await renderDocument('deviceLedger', MINIMAL.deviceLedger)));
  expect(none).toContain('本期无结存、无收发');
});

test('REG-05 a long ledger has its heads and page numbers on every page, and signs on the last', async () => {
  const { lines, devices } = COMPLETE.deviceLedger;
  const many = <T>(each: readonly T[]) => Array.from({ length: 60 }, () => each).flat();
  const pages = await pagesOf(
    await renderDocument('deviceLedger', {
      ...COMPLETE.deviceLedger,
      lines: many(lines),
      devices: many(devices),
    }),
  );
  expect(pages.length).toBeGreaterThan(4);
  pages.forEach(({ text }, i) => {
    expect(text).toContain(`第${i + 1}页共${pages.length}页`);
    expect(text).toMatch(/收发存汇总|逐号明细|单位负责人/);
  });
  expect(pages.flatMap(({ outside }) => outside)).toEqual([]);
  expect(pages.filter(({ text }) => text.includes('单位负责人'))).toHaveLength(1);
  expect(pages.at(-1)!.text).toContain('单位负责人');
});

test('a void form says so across the page', async () => {
  const head = { ...COMPLETE.receipt.head, state: '作废' };
  const pages = await pagesOf(await renderDocument('receipt', { ...COMPLETE.receipt, head }));
  for (const { text } of pages) expect(text.match(/作废/g)!.length).toBeGreaterThan(2);
});

test('data is never read as markup', async () => {
  const opinion = '#set page(paper: "a5") *粗* $x^2$ <b>#sys.version</b> \\ @ref';
  const pages = await pagesOf(await renderDocument('receipt', { ...COMPLETE.receipt, opinion }));
  expect(pages[0]!.text).toContain(opinion.replace(/\s/g, ''));
});

test('a character that the font lacks is an error with its field, or is marked when asked', async () => {
  const [first, ...steps] = COMPLETE.complaintHandlingForm.steps;
  const model = {
    ...COMPLETE.complaintHandlingForm,
    steps: [{ ...first!, answers: [{ label: '答复内容', value: '谢谢🙂' }] }, ...steps],
  };
  const refused = renderDocument('complaintHandlingForm', model);
  await expect(refused).rejects.toBeInstanceOf(UnprintableError);
  await expect(refused).rejects.toMatchObject({ field: 'steps[0].answers[0].value', character: '🙂' });
  await expect(refused).rejects.toThrow('steps[0].answers[0].value: the printing font has no "🙂" (U+1F642)');
  const marked = await renderDocument('complaintHandlingForm', model, { unprintable: 'mark' });
  const whole = textOf(await pagesOf(marked));
  expect(whole).toContain('答复内容：谢谢〓');
  expect(whole).toContain('U+1F642');
});

test('rare characters of names, line breaks, invisible characters and other spaces are printed or taken out', async () => {
  const complainant = '㛃囍\u200b喆\ufeff';
  const matter = '第一行\r\n\r\n第二行\u00a0\t完\u0007';
  const model = { ...COMPLETE.complaintHandlingForm, complainant, matter };
  const whole = textOf(await pagesOf(await renderDocument('complaintHandlingForm', model)));
  expect(whole).toContain('㛃囍喆');
  expect(whole).toContain('第一行第二行完');
});

describe('the typesetter', () => {
  const typeset = async (template: string, inputs = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'aftercare-typst-'));
    try {
      await writeFile(join(folder, 'form.typ'), template);
      return (await openTypesetter(folder)).typeset('form.typ', inputs, '2030-03-05T00:00:00Z');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  test('fails on what Typst only warns of: an unknown font', async () => {
    await expect(typeset('#set text(font: "No Such Font")\n表')).rejects.toThrow(/unknown font family/);
  });

  test('fails on a broken template', async () => {
    await expect(typeset('#nothing')).rejects.toBeInstanceOf(TypesettingError);
  });

  test('fails on a character without a glyph that a template itself sets', async () => {
    const template = '#set text(font: "Noto Sans S Chinese", fallback: false)\n☑';
    await expect(typeset(template)).rejects.toThrow(/cannot be written as PDF/);
  });

  test('fails without an instant to date the file by', async () => {
    const head = { ...MINIMAL.borrowSlip.head, createdAt: 'today' };
    await expect(renderDocument('borrowSlip', { ...MINIMAL.borrowSlip, head })).rejects.toThrow(/no instant/);
  });
});
