/** What goes wrong at the desk, in its words: every refusal and failure that more than one room tells. */
import { DeskError, EXIT } from './api.js';

/** A form that is not in order, with every field that is wrong. */
export function invalid(
  form: string,
  fields: { field: string; message: string }[],
  requestId: string,
): DeskError {
  const first = fields[0];
  return new DeskError(
    'task.answerInvalid',
    `${form}: ${first?.field ?? 'form'}: ${first?.message ?? 'not in order'}`,
    {
      fields,
      requestId,
      remedy: 'nothing was changed; mend the fields named and send again',
    },
  );
}

export function notFound(caseId: string): DeskError {
  return new DeskError('case.notFound', `no case ${caseId}`, {
    exit: EXIT.notFound,
    remedy: 'see `aftercare case list`',
  });
}

/** An error of the SDK by its class's name: naming the class itself would load the whole library. */
export function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}

/** Temporal could not be asked, or did not answer. @param remedy what was changed, or what to do */
export function unreachable(error: unknown, requestId: string | undefined, remedy: string): DeskError {
  const said = (error as Error).message;
  // Who could not even connect has said so, with the address.
  const message = isNamed(error, 'ConnectionError') ? said : `Temporal did not answer: ${said}`;
  return new DeskError('temporal.unreachable', message, {
    exit: EXIT.unreachable,
    cause: error,
    remedy,
    ...(requestId === undefined ? {} : { requestId }),
  });
}
