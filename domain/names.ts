/** Names that several processes must agree on: task queues and search attributes of Temporal. */

/** Workflows, the recorder and documents. Production may run several under other names (AFTERCARE_TASK_QUEUE). */
export const TASK_QUEUE = 'aftercare';
/** Messages only, on their own queue: a slow mail host must never hold up a case. */
export const DELIVERY_TASK_QUEUE = 'aftercare-delivery';

export const SEARCH_ATTRIBUTES = {
  CaseStatus: 'Keyword',
  CaseLevel: 'Keyword',
  CaseNextDueAt: 'Datetime',
  CaseAttention: 'Keyword',
} as const;
export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;

/** The delivery queue that belongs to a main task queue: `aftercare` → `aftercare-delivery`. */
export function deliveryQueueOf(taskQueue: string): string {
  return taskQueue === TASK_QUEUE ? DELIVERY_TASK_QUEUE : `${taskQueue}-delivery`;
}
