/**
 * Preloaded (`--require`) into throw-away processes: in their worker threads, a call into the workflow sandbox is no longer
 * watched. Node watches a call that has a time limit with a thread of its own, made and joined for each; the SDK limits
 * every call to 5 s, some six a workflow task, and a replay spends a fifth of its time on that (ADR 21). A case that
 * never yields then hangs its worker instead of failing its task; simulations and tests notice that by limits of their
 * own. Never in a program that serves real cases.
 */
import vm = require('node:vm');
import threads = require('node:worker_threads');

if (!threads.isMainThread) {
  const { runInContext } = vm.Script.prototype;
  vm.Script.prototype.runInContext = function (context, options) {
    const { timeout: _unwatched, ...rest } = options ?? {};
    return runInContext.call(this, context, rest) as unknown;
  };
}
