/**
 * The workflow bundle: what workers run and auditors replay. Built once, kept with its digest, and built again only
 * when its sources changed. Run as a program it builds the one that ships: `node dist/worker/bundle.js`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { packageRoot } from '../runtime/config.js';
import { readJson, writeAtomically } from '../runtime/files.js';

export interface WorkflowBundle {
  /** File to give to workers and replayers. */
  codePath: string;
  /** See `bundleDigest`; the build id of the worker. */
  digest: string;
  /** Version of the SDK that made it; a worker of another version refuses it. */
  sdk: string;
  /** Modules that are loaded once and shared by all cases, relative to the sources. */
  preload: string[];
}

interface BundleNote extends Omit<WorkflowBundle, 'codePath'> {
  /** SHA-256 of everything that went in. */
  inputs: string;
}

/** Folders whose content can end up in the bundle: the import law allows workflows no others. */
const INPUT_FOLDERS = ['domain', 'workflows', 'activities'];
const ENTRY = 'workflows/index';
const GATE = 'workflows/case/gate';
const MANUAL = 'workflows/complaint/workflow';

export interface BundleOptions {
  /** Folder that holds workflows/ and domain/; default: where this module itself was loaded from. */
  sources?: string;
  /** Folder the bundle is written to; default `dist` of the package. */
  out?: string;
}

/** Sources or dist/, whichever this module runs from: a bundle must never mix the two. */
function ownTree(): string {
  return fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
}

function sdkVersion(): string {
  return (createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string }).version;
}

function filesUnder(folder: string, extension: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && extname(entry.name) === extension)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function moduleFile(tree: string, name: string): string | null {
  for (const extension of ['.js', '.ts']) {
    const file = join(tree, `${name}${extension}`);
    if (existsSync(file)) return file;
  }
  return null;
}

function inputsHash(tree: string, extension: string, sdk: string): string {
  const hash = createHash('sha256').update(`${sdk}\n${process.versions.node.split('.')[0]}\n`);
  for (const folder of INPUT_FOLDERS) {
    for (const file of filesUnder(join(tree, folder), extension)) {
      hash.update(`${relative(tree, file)}\n`).update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

/**
 * The bundle for the current sources: the kept one when nothing changed, a new one otherwise.
 * @throws Error when the workflows cannot be bundled, with webpack's reasons.
 */
export async function ensureBundle(options: BundleOptions = {}): Promise<WorkflowBundle> {
  const tree = options.sources ?? ownTree();
  const entry = moduleFile(tree, ENTRY);
  if (entry === null) {
    throw new Error(`No ${ENTRY}.js or .ts under ${tree}. Build first: node scripts/build.mjs.`);
  }
  const extension = extname(entry);
  // Tests run from the sources while dist/ may be of yesterday: each tree has its own bundle.
  const name = extension === '.ts' ? 'workflow-bundle.sources' : 'workflow-bundle';
  const out = options.out ?? join(packageRoot(), 'dist');
  const codePath = join(out, `${name}.js`);
  const notePath = join(out, `${name}.json`);
  const sdk = sdkVersion();
  const inputs = inputsHash(tree, extension, sdk);
  const kept = readJson<BundleNote>(notePath);
  if (
    kept !== null &&
    kept.inputs === inputs &&
    existsSync(codePath) &&
    bundleDigest(readFileSync(codePath, 'utf8')) === kept.digest
  ) {
    return { codePath, digest: kept.digest, sdk: kept.sdk, preload: kept.preload };
  }
  const gate = moduleFile(tree, GATE);
  // The manuals are stateless modules too: loaded once per worker instead of once per cached case (docs/performance.md).
  const manual = moduleFile(tree, MANUAL);
  const preloadModules = [gate, manual].filter((file): file is string => file !== null);
  const { code } = await bundleWorkflowCode({
    workflowsPath: entry,
    preloadModules,
    logger: new DefaultLogger('ERROR'),
  });
  const note: BundleNote = {
    digest: bundleDigest(code),
    sdk,
    preload: preloadModules.map((file) => relative(tree, file)),
    inputs,
  };
  // The note goes last: a bundle without a fitting note is built again.
  writeAtomically(codePath, code);
  writeAtomically(notePath, `${JSON.stringify(note, null, 2)}\n`);
  return { codePath, digest: note.digest, sdk, preload: note.preload };
}

/**
 * SHA-256 of the code of a bundle without its inline source map, which names folders of the machine that built it:
 * the same sources have the same digest everywhere.
 */
export function bundleDigest(bundle: string): string {
  const map = bundle.lastIndexOf('//# sourceMappingURL=');
  return createHash('sha256')
    .update(map === -1 ? bundle : bundle.slice(0, map))
    .digest('hex');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const started = performance.now();
  try {
    const bundle = await ensureBundle();
    process.stderr.write(
      `bundle ${bundle.digest.slice(0, 7)} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
    );
  } catch (error) {
    process.stderr.write(`The workflows could not be bundled: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
