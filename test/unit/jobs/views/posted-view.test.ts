/** What is taken for a view, and why not. */
import { describe, expect, test } from 'vitest';
import { BodyProblem, parseJsonViews, parseNdjsonViews } from '../../../../src/jobs/views/online/posted-view.ts';

const VIEW = { video_id: 1, viewer_id: 2, viewed_at: '2026-11-20T01:00:00Z', play_seconds: 5 };
const one = (view: unknown) => parseJsonViews(JSON.stringify([view]), 10)[0];

describe('a posted view', () => {
  test('is taken with ids of 64 bits as text, times with an offset or in milliseconds, and no ads unless said', () => {
    const viewedAt = Date.UTC(2026, 10, 20, 1);
    expect(one(VIEW)).toMatchObject({ videoId: 1, viewerId: 2, viewedAt, playSeconds: 5, adViews: 0 });
    expect(one({ ...VIEW, video_id: '9223372036854775807' })).toMatchObject({ videoId: 9223372036854775807n });
    expect(one({ ...VIEW, viewed_at: '2026-11-20 10:00:00.000+09:00' })).toMatchObject({ viewedAt });
    expect(one({ ...VIEW, viewed_at: viewedAt, ad_views: '3' })).toMatchObject({ viewedAt, adViews: 3 });
  });

  test.each([
    [{ ...VIEW, video_id: undefined }, 'malformed', 'video_id is missing'],
    [{ ...VIEW, video_id: 1.5 }, 'malformed', 'video_id "1.5" is not a whole number'],
    [{ ...VIEW, video_id: 2 ** 53 }, 'malformed', /^video_id is beyond 2\^53 as a number: send it as text$/],
    [{ ...VIEW, video_id: '9223372036854775808' }, 'malformed', /outside of -2\^63/],
    [{ ...VIEW, viewer_id: true }, 'malformed', 'viewer_id is not a whole number'],
    [{ ...VIEW, viewer_id: null }, 'malformed', 'viewer_id is missing'],
    [{ ...VIEW, play_seconds: 2 ** 31 }, 'malformed', /outside of -2\^31/],
    [{ ...VIEW, play_seconds: -1 }, 'negative-play-seconds', 'play_seconds is below 0'],
    [{ ...VIEW, play_seconds: 86_401 }, 'excessive-play-seconds', 'play_seconds is above 86400'],
    [{ ...VIEW, ad_views: -1 }, 'negative-ad-views', 'ad_views is below 0'],
    [{ ...VIEW, viewed_at: null }, 'undated', 'viewed_at is missing'],
    [{ ...VIEW, viewed_at: {} }, 'malformed', 'viewed_at is not a time'],
    [{ ...VIEW, viewed_at: 'yesterday' }, 'malformed', 'viewed_at "yesterday" is not a time'],
    [{ ...VIEW, viewed_at: 1_795_000_000 }, 'malformed', /only as seconds/],
    [{ ...VIEW, viewed_at: '1970-01-01T00:00:00Z' }, 'malformed', /outside of 2000 to 2100/],
    [{ ...VIEW, viewed_at: '2026-02-30T00:00:00Z' }, 'malformed', /is not a time/],
    [{ ...VIEW, Ad_Views: 3 }, 'malformed', 'Ad_Views is no member of a view'],
    [[1, 2], 'malformed', 'a view is an object'],
    [null, 'malformed', 'a view is an object'],
  ])('%j is not', (view, reason, detail) => {
    expect(one(view)).toEqual({ reason, detail: expect.stringMatching(detail) });
  });

  test('of NDJSON a line that is no JSON is not taken, the others are; empty lines are none', () => {
    const views = parseNdjsonViews(`${JSON.stringify(VIEW)}\r\n\n{"video_id":\n${JSON.stringify(VIEW)}\n`, 10);
    expect(views.map((view) => ('reason' in view ? view.detail : view.line))).toEqual([1, 'the line is not JSON', 3]);
  });

  test.each([
    ['', /not JSON/],
    ['{"video_id":1}', /must be a JSON array/],
    ['[]', /no views/],
    ['[1,2,3]', /3 views; a batch has 2 at most/],
  ])('a body of %j holds none', (text, message) => {
    expect(() => parseJsonViews(text, 2)).toThrow(BodyProblem);
    expect(() => parseJsonViews(text, 2)).toThrow(message);
  });
});
