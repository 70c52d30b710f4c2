/**
 * A tiny tracer provider, loaded into a process by `--import` as a user's SDK is: every span that ends becomes a JSON
 * line in the file that TEST_SPANS names, from whichever thread. The context goes along by AsyncLocalStorage, and from
 * thread to thread in a carrier.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanStatus,
  type Tracer,
  trace,
} from '@opentelemetry/api';

export interface WrittenSpan {
  readonly name: string;
  readonly id: string;
  readonly trace: string;
  readonly parent: string | undefined;
  readonly attributes: Attributes;
  readonly status: SpanStatus | undefined;
  readonly thread: 'main' | 'worker';
}

const HEADER = 'traceparent';
const path = process.env.TEST_SPANS;
if (path !== undefined) register(path);

function register(file: string): void {
  const storage = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => storage.run(active, () => work.apply(self, args)),
    bind: (_active, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  propagation.setGlobalPropagator({
    inject(active, carrier, setter) {
      const span = trace.getSpanContext(active);
      if (span !== undefined) setter.set(carrier, HEADER, `${span.traceId}-${span.spanId}`);
    },
    extract(active, carrier, getter) {
      const [traceId, spanId] = String(getter.get(carrier, HEADER)).split('-');
      return trace.setSpanContext(active, { traceId, spanId, traceFlags: 1 });
    },
    fields: () => [HEADER],
  });
  trace.setGlobalTracerProvider({ getTracer: () => tracer(file) });
}

function tracer(file: string): Tracer {
  const startSpan: Tracer['startSpan'] = (name, options = {}, active = context.active()) => {
    const parent = trace.getSpanContext(active);
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    return span(file, name, traceId, parent?.spanId, { ...options.attributes });
  };
  const startActiveSpan = ((name: string, options: object, work: (span: Span) => unknown) => {
    const opened = startSpan(name, options);
    return context.with(trace.setSpan(context.active(), opened), () => work(opened));
  }) as Tracer['startActiveSpan'];
  return { startSpan, startActiveSpan };
}

function span(file: string, name: string, traceId: string, parent: string | undefined, attributes: Attributes): Span {
  const id = randomBytes(8).toString('hex');
  let status: SpanStatus | undefined;
  const opened: Span = {
    spanContext: () => ({ traceId, spanId: id, traceFlags: 1 }),
    setAttribute(key, value) {
      attributes[key] = value;
      return opened;
    },
    setAttributes(more) {
      Object.assign(attributes, more);
      return opened;
    },
    setStatus(given) {
      status = given;
      return opened;
    },
    addEvent: () => opened,
    addLink: () => opened,
    addLinks: () => opened,
    updateName: () => opened,
    isRecording: () => true,
    recordException() {},
    end() {
      const thread = isMainThread ? 'main' : 'worker';
      const written: WrittenSpan = { name, id, trace: traceId, parent, attributes, status, thread };
      appendFileSync(file, `${JSON.stringify(written)}\n`);
    },
  };
  return opened;
}
