/** Message templates from their folder, checked and linted as a set. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Language } from '../domain/case.js';
import {
  TemplateError,
  lintTemplates,
  longestValues,
  templateFileSchema,
  type LintOptions,
  type LoadedTemplate,
  type TemplateFinding,
} from '../domain/message.js';
import type { TemplateSet } from '../domain/text.js';
import { FileError, readYamlFile, type FileProblem } from './organisation-file.js';

export const LANGUAGES: readonly Language[] = ['zh-CN', 'en'];

/** Templates that must not be used: every error of the lint. */
export class TemplateLintError extends Error {
  override readonly name = 'TemplateLintError';
  constructor(readonly findings: readonly TemplateFinding[]) {
    super(
      findings
        .map((each) => `${each.file}: ${each.key} ${each.path}: ${each.problem}; ${each.remedy}`)
        .join('\n'),
    );
  }
}

/**
 * Reads `<folder>/<language>/*.yaml`, checks every file and lints them as a set.
 * @param given the organisation's own signature and longest values; without it, those of the example
 * @throws FileError for files that are no template files, TemplateLintError listing all error findings
 */
export async function loadTemplates(folder: string, given: Partial<LintOptions> = {}): Promise<TemplateSet> {
  const all: LoadedTemplate[] = [];
  const problems: FileProblem[] = [];
  for (const language of LANGUAGES) {
    const inside = join(folder, language);
    const names = await readdir(inside).catch(() => [] as string[]);
    for (const name of names.filter((each) => /\.ya?ml$/.test(each)).sort()) {
      const file = join(inside, name);
      try {
        const { data } = await readYamlFile(file, templateFileSchema);
        all.push(...data.templates.map((template) => ({ ...template, language, file })));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        problems.push(...error.problems);
      }
    }
  }
  if (problems.length > 0) throw new FileError(problems);

  const findings = lintTemplates(all, {
    signature: given.signature ?? '示例税控',
    longest: given.longest ?? longestValues(),
  });
  const errors = findings.filter((finding) => !finding.warning);
  if (errors.length > 0) throw new TemplateLintError(errors);

  const byKey = new Map(all.map((template) => [`${template.language} ${template.key}`, template]));
  return {
    all,
    warnings: findings.filter((finding) => finding.warning),
    find(key, language) {
      const template = byKey.get(`${language} ${key}`);
      if (!template)
        throw new TemplateError('template.unknown', key, null, `no template ${key} in ${language}`);
      return template;
    },
  };
}
