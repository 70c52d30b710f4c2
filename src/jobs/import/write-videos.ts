/**
 * Step `write-videos`: the file's rows into video. The file is right about creators: it replaces what is there, also
 * the missing creators of videos that an import of views has registered. A file without creators only adds videos.
 */
import { tableWriter } from '../../items/table-writer.ts';
import { writeRowsStep } from './file-rows.ts';
import { openVideoRows } from './row-source.ts';
import type { VideoRow } from './video-row.ts';

export const writeVideosStep = writeRowsStep<VideoRow>({
  name: 'write-videos',
  open: openVideoRows,
  writer: ({ database, source }) =>
    tableWriter(
      database,
      {
        table: 'video',
        columns: ['id', 'creator_id'],
        mode: source.has('creator_id') ? 'replace-values' : 'ignore',
        keys: ['id'],
      },
      ({ id, creatorId }) => [id, creatorId],
    ),
});
