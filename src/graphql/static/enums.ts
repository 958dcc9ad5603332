import { registerEnumType } from 'type-graphql';
import { visibilities } from '../../catalog/model.js';
import { memberRoles, scopes } from '../../identity/identity.js';
import { jobKindNames, jobStates } from '../../jobs/job.js';
import { indexUses } from '../explain/missingIndexes.js';

type EnumObject<T extends string> = Readonly<Record<T, T>>;

function enumOf<T extends string>(values: readonly T[]): EnumObject<T> {
  return Object.freeze(Object.fromEntries(values.map((value) => [value, value]))) as EnumObject<T>;
}

/** GraphQL writes enums in capitals; inside they keep their own spelling. */
function capitals<T extends string>(values: readonly T[]): Readonly<Record<string, T>> {
  return Object.freeze(Object.fromEntries(values.map((value) => [value.toUpperCase(), value])));
}

export const VisibilityEnum = enumOf(visibilities);
registerEnumType(VisibilityEnum, {
  name: 'Visibility',
  description: 'Whom a dataset is open to before its rules narrow that.',
  valuesConfig: {
    PUBLIC: { description: 'Everybody.' },
    REGISTERED: { description: 'Everybody who has signed in.' },
    RESTRICTED: { description: 'Members of the organization and those whom a rule admits.' },
  },
});

export const JobStateEnum = enumOf(jobStates);
registerEnumType(JobStateEnum, {
  name: 'JobState',
  description: 'Where a job stands, after GA4GH TES.',
  valuesConfig: {
    QUEUED: { description: 'Waits for a worker.' },
    INITIALIZING: { description: 'A worker has taken it.' },
    RUNNING: { description: 'Works.' },
    PAUSED: { description: 'Rests until it is resumed.' },
    COMPLETE: { description: 'Done.' },
    EXECUTOR_ERROR: { description: 'Failed because of what was asked, for example a wrong value in a package.' },
    SYSTEM_ERROR: { description: 'Failed on our side.' },
    CANCELING: { description: 'Asked to stop, not stopped yet.' },
    CANCELED: { description: 'Stopped because somebody asked.' },
  },
});

export const JobKindEnum = enumOf(jobKindNames);
registerEnumType(JobKindEnum, { name: 'JobKind', description: 'What a job does.' });

export const MemberRoleEnum = capitals(memberRoles);
registerEnumType(MemberRoleEnum, { name: 'MemberRole', description: 'A role in an organization; each includes the ones before it: MEMBER, PUBLISHER, STEWARD, OWNER.' });

export const ScopeEnum = capitals(scopes);
registerEnumType(ScopeEnum, { name: 'TokenScope', description: 'What an API token may be used for.' });

export const LanguageEnum = { KO: 'ko', EN: 'en' } as const;
registerEnumType(LanguageEnum, { name: 'Language', description: 'A language that texts are written in.' });

export const publishModes = ['REPLACE'] as const;
export const PublishModeEnum = enumOf(publishModes);
registerEnumType(PublishModeEnum, { name: 'PublishMode', description: 'How the rows of a package relate to those of the version before.', valuesConfig: { REPLACE: { description: 'The package holds all rows.' } } });

export const SortDirectionEnum = enumOf(['ASC', 'DESC']);
registerEnumType(SortDirectionEnum, { name: 'SortDirection', description: 'The direction of an order.' });

export const columnTypes = ['text', 'int32', 'int64', 'decimal', 'float', 'boolean', 'date', 'datetime', 'time', 'duration', 'yearmonth', 'enum', 'json', 'geopoint', 'list'] as const;
export const ColumnTypeEnum = capitals(columnTypes);
registerEnumType(ColumnTypeEnum, { name: 'ColumnType', description: 'How the values of a column are kept and compared.' });

export const DatasetEventKindEnum = enumOf(['PUBLISHED', 'ACCESS_CHANGED']);
registerEnumType(DatasetEventKindEnum, {
  name: 'DatasetEventKind',
  description: 'What happened to a dataset.',
  valuesConfig: { PUBLISHED: { description: 'It has a new version.' }, ACCESS_CHANGED: { description: 'Its rules, visibility, listing or embargo changed.' } },
});

/** Keys are GraphQL's, values the rules'. */
export const ColumnTreatmentEnum = { WITHHELD: 'deny', EMPTY: 'null', MASKED: 'mask', HASHED: 'hash', ROUNDED: 'round', BINNED: 'bin', GENERALISED: 'generalise', COARSE_PLACE: 'place' } as const;
registerEnumType(ColumnTreatmentEnum, {
  name: 'ColumnTreatment',
  description: 'What is read instead of a column\'s value.',
  valuesConfig: {
    WITHHELD: { description: 'Null, and it cannot be filtered or ordered by.' },
    EMPTY: { description: 'Null for every row.' },
    MASKED: { description: 'The value with a part of it covered.' },
    HASHED: { description: 'A pseudonym: equal for equal values of the dataset or organization.' },
    ROUNDED: { description: 'The nearest multiple of a step.' },
    BINNED: { description: 'The lower end of the bin that the value lies in.' },
    GENERALISED: { description: 'The first day of the month, quarter or year.' },
    COARSE_PLACE: { description: 'The middle of the grid cell that the place lies in.' },
  },
});

/** GraphQL writes enums in capitals with underscores. */
export const AccessChannelEnum = { QUERY: 'query', SUBSCRIPTION: 'subscription', JOB: 'job', MODEL_RUN: 'modelRun', EXPORT: 'export' } as const;
registerEnumType(AccessChannelEnum, { name: 'AccessChannel', description: 'How an answer is taken away.' });

export const RuleChangeKindEnum = enumOf(['ADDED', 'REMOVED', 'CHANGED']);
registerEnumType(RuleChangeKindEnum, { name: 'RuleChangeKind', description: 'How a rule differs between two documents.' });

export const IndexUseEnum = enumOf(indexUses);
registerEnumType(IndexUseEnum, {
  name: 'IndexUse',
  description: 'What a query needs an index for.',
  valuesConfig: {
    FILTER: { description: 'A condition of the query.' },
    RULE: { description: 'A rule that narrows the rows.' },
    ORDER: { description: 'The order of a page.' },
    LINK: { description: 'A link from another table.' },
  },
});
