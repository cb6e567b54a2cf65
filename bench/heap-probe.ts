/**
 * Loaded into every thread of the measured process (`node --expose-gc --import`). Workflows live in a worker thread with
 * a heap of its own, which `process.memoryUsage()` does not count; so the thread is asked, and answers after a full GC.
 */
import { getHeapStatistics } from 'node:v8';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

export const HEAP_CHANNEL = 'aftercare-bench-heap';

export interface HeapAnswer {
  thread: number;
  bytes: number;
}

if (!isMainThread) {
  const collect = (globalThis as { gc?: () => void }).gc;
  const channel = new BroadcastChannel(HEAP_CHANNEL);
  channel.onmessage = (message) => {
    const { data } = message as { data: unknown };
    if (data !== 'measure' || collect === undefined) return;
    // Twice: what only a finaliser held is freed by the second.
    collect();
    collect();
    const { used_heap_size: bytes } = getHeapStatistics();
    channel.postMessage({ thread: threadId, bytes } satisfies HeapAnswer);
  };
  // A probe must not keep a thread alive.
  (channel as unknown as { unref(): void }).unref();
}
