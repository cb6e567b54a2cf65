/** Things that break silently: the codec of histories, and laws about the sources that no linter states. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What is built and shipped; the bench only looks on. */
const ROOMS = (JSON.parse(read('tsconfig.json')) as { include: string[] }).include.filter(
  (folder) => folder !== 'bench',
);

function sourcesOf(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`);
}

function parsed(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

describe('protobuf', () => {
  const history = {
    events: [
      {
        eventId: '1',
        eventTime: '2030-03-04T01:00:00.123456789Z',
        eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
        taskId: '1048587',
        workflowExecutionStartedEventAttributes: {
          workflowType: { name: 'complaint' },
          taskQueue: { name: 'aftercare', kind: 'TASK_QUEUE_KIND_NORMAL' },
          input: {
            payloads: [
              {
                metadata: { encoding: Buffer.from('json/plain').toString('base64') },
                data: Buffer.from('{"matter":"打印头漏墨"}').toString('base64'),
              },
            ],
          },
          workflowTaskTimeout: '10s',
          attempt: 1,
        },
      },
      {
        eventId: '2',
        eventTime: '2030-03-04T01:00:00Z',
        eventType: 'EVENT_TYPE_TIMER_STARTED',
        taskId: '1048588',
        timerStartedEventAttributes: {
          timerId: '1',
          startToFireTimeout: '1800s',
          workflowTaskCompletedEventId: '4',
        },
      },
    ],
  };

  it('carries a history to JSON and back, unchanged', () => {
    const decoded = historyFromJSON(history);
    expect(decoded.events).toHaveLength(2);
    const text = historyToJSON(decoded);
    expect(JSON.parse(text)).toEqual(history);
    expect(historyToJSON(historyFromJSON(JSON.parse(text)))).toBe(text);
  });

  // Several copies know nothing of each other's types: "type must be a Type" when a history is read.
  it('is one copy for the whole SDK', () => {
    const own = createRequire(import.meta.url);
    const copies = ['common', 'proto', 'worker', 'client', 'testing'].map((name) =>
      createRequire(own.resolve(`@temporalio/${name}`)).resolve('protobufjs'),
    );
    expect(new Set(copies)).toEqual(new Set([own.resolve('protobufjs')]));
  });
});

describe('a workflow reads like the service manual', () => {
  const MOST_LINES = { function: 150, file: 300 };
  const files = sourcesOf('workflows').filter((file) => file.endsWith('/workflow.ts'));

  it('there is one for complaints', () => {
    expect(files).toContain('workflows/complaint/workflow.ts');
  });

  it.each(files)(
    `C1 %s: at most ${MOST_LINES.function} lines a workflow, ${MOST_LINES.file} the file`,
    (file) => {
      const source = parsed(file);
      const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
      const lengths = source.statements
        .filter(ts.isFunctionDeclaration)
        .filter((each) => each.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword))
        .map((each) => ({
          name: each.name?.text,
          lines: lineOf(each.getEnd()) - lineOf(each.getStart()) + 1,
        }));
      expect(lengths, 'no exported workflow function').not.toEqual([]);
      expect(lengths.filter(({ lines }) => lines > MOST_LINES.function)).toEqual([]);
      expect(source.text.trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_LINES.file);
    },
  );
});

describe('the environment', () => {
  /** Places that read `process.env`, whatever way it is written; comments do not count. */
  function readsOf(file: string): string[] {
    const source = parsed(file);
    const found: string[] = [];
    const isProcess = (node: ts.Node): boolean =>
      (ts.isIdentifier(node) && node.text === 'process') ||
      (ts.isPropertyAccessExpression(node) && node.name.text === 'process');
    const at = (node: ts.Node) =>
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    walk(source, (node) => {
      if (ts.isPropertyAccessExpression(node) && node.name.text === 'env' && isProcess(node.expression))
        at(node);
      if (
        ts.isElementAccessExpression(node) &&
        isProcess(node.expression) &&
        /^['"`]env['"`]$/.test(node.argumentExpression.getText())
      ) {
        at(node);
      }
      if (ts.isBindingElement(node) && (node.propertyName ?? node.name).getText() === 'env') {
        const declaration = node.parent.parent;
        if (
          ts.isVariableDeclaration(declaration) &&
          declaration.initializer &&
          isProcess(declaration.initializer)
        ) {
          at(node);
        }
      }
      if (ts.isImportDeclaration(node) && /^['"](node:)?process['"]$/.test(node.moduleSpecifier.getText()))
        at(node);
    });
    return found;
  }

  it('is read in runtime/config.ts', () => {
    expect(readsOf('runtime/config.ts')).not.toEqual([]);
  });

  it('is read nowhere else', () => {
    const files = ROOMS.flatMap(sourcesOf).filter((file) => file !== 'runtime/config.ts');
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap(readsOf)).toEqual([]);
  });
});

describe('where packages come from', () => {
  // In parts, so that this file does not name them either.
  const PUBLIC_HOSTS = [
    ['registry', 'npmjs', 'org'],
    ['npmjs', 'com'],
    ['registry', 'yarnpkg', 'com'],
    ['registry', 'npmmirror', 'com'],
    ['npm', 'pkg', 'github', 'com'],
    ['pypi', 'org'],
    ['pythonhosted', 'org'],
    ['proxy', 'golang', 'org'],
  ].map((parts) => parts.join('.'));

  /** Hosts this machine installs from, where its settings name some. */
  function hostsHere(): string[] {
    return ['npm_config_registry', 'PIP_INDEX_URL', 'UV_INDEX_URL'].flatMap((name) => {
      const address = process.env[name];
      return address && URL.canParse(address) ? [new URL(address).hostname] : [];
    });
  }

  function filesInGit(): string[] | null {
    try {
      const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
        cwd: ROOT,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return listing.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)));
    } catch {
      return null;
    }
  }

  it('is a setting of the machine: no file names the host of a package registry', ({ skip }) => {
    const files = filesInGit();
    if (files === null) return skip('not a git checkout');
    const hosts = [...PUBLIC_HOSTS, ...hostsHere()];
    const found = files
      .filter((file) => statSync(join(ROOT, file)).isFile())
      .flatMap((file) => {
        const text = read(file);
        return hosts.filter((host) => text.includes(host)).map((host) => `${file} names ${host}`);
      });
    expect(found).toEqual([]);
  });

  it('is not in the lock file either: whoever installs brings his own', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
    expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });
});
