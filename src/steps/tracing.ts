/**
 * OpenTelemetry spans of a run: job, step, partition, chunk. Only the API is used: without an SDK, which the user brings
 * (`node --import ./telemetry.js`), every call here does nothing. Spans of worker threads join their partition's.
 */
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { toSettleError } from '../database/errors.ts';

/** What another thread needs to go on with a trace; empty without an SDK. */
export type TraceCarrier = Readonly<Record<string, string>>;

const tracer = trace.getTracer('settle');

/** `{ execution: 7 }` as `{ 'settle.execution': 7 }`. */
export function spanAttributes(fields: Readonly<Record<string, string | number | undefined>>): Attributes {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`settle.${name}`, value]));
}

/** Runs `work` in a span of its own, a child of the one around it. What `work` throws is noted and thrown on. */
export async function inSpan<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
  return await tracer.startActiveSpan(`settle.${name}`, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** A span whose beginning and end lie in different functions, with what its children in another thread need. */
export function openSpan(
  name: string,
  attributes: Attributes,
): { readonly span: Span; readonly carrier: TraceCarrier } {
  const span = tracer.startSpan(`settle.${name}`, { attributes });
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  return { span, carrier };
}

/** Notes the error in the words that the operator gets; a driver's own may hold a whole statement. */
export function failSpan(span: Span, error: unknown): void {
  const { code, message } = toSettleError(error);
  span.setAttribute('settle.error_code', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** Runs `work` as part of a trace that another thread began. */
export async function inTraceOf<T>(carrier: TraceCarrier, work: () => Promise<T>): Promise<T> {
  return await context.with(propagation.extract(ROOT_CONTEXT, carrier), work);
}
