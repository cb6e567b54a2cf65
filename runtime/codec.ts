/**
 * The payload codec hook (house 4): a module that exports `payloadCodecs` encrypts everything Temporal stores. Without
 * one, payloads are plain; personal data is not among them either way.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { ConfigError } from './config.js';

/** @throws ConfigError when the module cannot be loaded or exports no codecs */
export async function loadDataConverter(config: { codecPath: string | null }): Promise<DataConverter> {
  if (config.codecPath === null) return {};
  let module: { payloadCodecs?: PayloadCodec[] };
  try {
    module = (await import(pathToFileURL(resolve(config.codecPath)).href)) as typeof module;
  } catch (error) {
    throw new ConfigError(
      `AFTERCARE_CODEC=${config.codecPath} cannot be loaded: ${(error as Error).message}`,
    );
  }
  if (!Array.isArray(module.payloadCodecs))
    throw new ConfigError(
      `AFTERCARE_CODEC=${config.codecPath} must export \`payloadCodecs\`, a list of codecs.`,
    );
  return { payloadCodecs: module.payloadCodecs };
}
