/** The jobs `import-views` and `import-videos`: a CSV or TSV file, plain or gzip, into the platform's tables. */
import type { JobDefinition } from '../../engine/job.ts';
import { checkFileStep } from './check-file.ts';
import { type ImportKind, importParameterDefinitions } from './import-parameters.ts';
import { openVideoRows, openViewRows } from './row-source.ts';
import { writeVideosStep } from './write-videos.ts';
import { writeViewsStep } from './write-views.ts';

/**
 * The instance is the file's content and how it is read, so the same file is imported once. A restart goes on after the
 * last committed row. Raw parameters come from `importParameters`.
 */
export function importJob(kind: ImportKind): JobDefinition {
  const parameters = importParameterDefinitions(kind);
  return kind === 'views'
    ? {
        name: 'import-views',
        description: 'load a file of views into view_log',
        parameters,
        steps: [checkFileStep(openViewRows), writeViewsStep],
      }
    : {
        name: 'import-videos',
        description: 'load a file of videos and their creators',
        parameters,
        steps: [checkFileStep(openVideoRows), writeVideosStep],
      };
}
