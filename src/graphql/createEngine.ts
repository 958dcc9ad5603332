/** The engine: documents become prepared operations, operations become answers. */
// type-graphql's classes need it, whichever of them is loaded first.
import 'reflect-metadata';
import {
  execute, getVariableValues, GraphQLError, Kind, parse, subscribe, validate,
  type DocumentNode, type ExecutionResult, type FragmentDefinitionNode, type GraphQLFormattedError, type GraphQLSchema, type OperationDefinitionNode,
} from 'graphql';
import type { Standing } from '../access/standing.js';
import { datasetPath, type CatalogSnapshot, type Dataset } from '../catalog/model.js';
import { answerTooLarge, DureError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { TableAt } from '../plan/link.js';
import type { CursorCodec } from '../plan/cursor.js';
import { planOperation } from '../plan/planOperation.js';
import type { PageLimits } from '../plan/planPage.js';
import type { Bindings } from '../plan/predicate.js';
import { authorize } from '../policy/authorize.js';
import { readsAll } from '../policy/within.js';
import { decideDataset, tableAt, type DatasetDecision } from '../policy/decide.js';
import type { Asking } from '../policy/asking.js';
import { budgetCaller, budgetExceeded, type BudgetCounter } from '../policy/budget.js';
import { frozenError } from '../policy/closed.js';
import { noGrants, type Grant, type GrantSource } from '../policy/grant.js';
import { stillHolds } from '../policy/stillHolds.js';
import type { Answers, Source } from '../sources/source.js';
import { auditedDocument } from '../audit/writer.js';
import { recordAccesses, type AuditOptions } from './accessLog.js';
import type { Admission } from './admission.js';
import { askingOf } from './asking.js';
import { assemble } from './assemble.js';
import { CollectionSchemas } from './collection/collectionSchemas.js';
import { compileOperation, type CompiledOperation } from './compiledOperation.js';
import { checkDocument, type DocumentLimits } from './complexity.js';
import type { RequestContext } from './context.js';
import type { DatasetAt } from './dynamic/typeRegistry.js';
import type { Answer, Engine, PreparedOperation, VisibleSchema } from './engine.js';
import { formatAt, formatGraphQLError, type ReportError } from './formatError.js';
import { checkLists, listVariables } from './listLength.js';
import { explanationOf, withoutEstimates, type ExplainRequest, type QueryExplainer, type QueryExplanation } from './explain/queryExplanation.js';
import { checkNesting, documentTooDeep, isStackExhausted } from './nesting.js';
import { payNoise, type NoiseOptions, type PaidNoise } from './noise.js';
import { PlanCache, type Variant } from './planCache.js';
import { representationFaults } from './representationFaults.js';
import { RunningOperation, RunningOperations, type Authority } from './runningOperations.js';
import { Turn } from './turn.js';
import { validationRules } from './validationRules.js';
import { variableCoercion } from './variableCoercion.js';
import { VisibleSchemas, type KnownOperation, type SchemaOfSet } from './visibleSchemas.js';

export interface OperationLimits {
  /** See plan/cost.ts. */
  readonly maxCost: number;
  /** Of the answer's data, in bytes. */
  readonly maxResponseBytes: number;
}

export interface EngineOptions {
  readonly staticSchema: GraphQLSchema;
  readonly snapshot: () => CatalogSnapshot;
  readonly source: Source;
  readonly cursors: CursorCodec;
  readonly limits: PageLimits & DocumentLimits & OperationLimits;
  /** Who runs and who waits; everybody runs where absent. */
  readonly admission?: Admission;
  /** The value of `_about`: the static type Dataset at a version. */
  readonly aboutValue: (at: DatasetAt) => unknown;
  /** Where accesses are recorded; 'none' only for tests and measurements. */
  readonly audit: AuditOptions | 'none';
  /** Told of every error that callers see only as INTERNAL. */
  readonly report: ReportError;
  readonly grants?: GrantSource;
  /** Who may still ask, and the database's clock; the process' own clock and nobody's end but a token's where absent. */
  readonly standing?: Pick<Standing, 'now' | 'require'> & Partial<Pick<Standing, 'changes'>>;
  /** Called after the catalog or anybody's standing has changed; returns how to stop. Without it an operation that runs is judged when its rows are there, and not before. */
  readonly onChange?: (listener: () => void) => () => void;
  /** Without one, tables with a budget are closed. */
  readonly budgets?: BudgetCounter;
  /** Without it, figures with noise are closed. */
  readonly noise?: NoiseOptions;
  /** Told of each answer that an emergency override opened. */
  readonly onOverride?: (use: OverrideUse) => void;
}

export interface OverrideUse {
  readonly dataset: string;
  readonly override: string;
  readonly subject?: string;
  readonly requestId: string;
}

const tokenLimit = 20_000;
/** Documents are judged before anybody asks them. */
const unasked = { language: 'en', requestId: '' } as const;

export function createEngine(options: EngineOptions): Engine {
  return new GraphQLEngine(options);
}

class GraphQLEngine implements Engine, QueryExplainer {
  private readonly schemas: VisibleSchemas;
  private readonly collections: CollectionSchemas;
  private readonly decisions = new WeakMap<Asking, WeakMap<Dataset, DatasetDecision>>();
  private readonly grants: GrantSource;
  private readonly now: () => number;
  private readonly running = new RunningOperations();
  private readonly unfollow: (() => void) | undefined;

  constructor(private readonly options: EngineOptions) {
    this.grants = options.grants ?? noGrants;
    this.now = () => options.standing?.now() ?? Date.now();
    this.schemas = new VisibleSchemas(options.staticSchema, options.snapshot, options.aboutValue, this.grants, this.now);
    this.collections = new CollectionSchemas(options.staticSchema, options.snapshot, options.aboutValue, this.grants, this.now);
    this.unfollow = options.onChange?.(() => this.running.judge((operation) => this.noLonger(operation)));
  }

  schemaFor(identity: Identity): SchemaOfSet {
    return this.schemas.for(identity);
  }

  collectionFor(name: string, identity: Identity): SchemaOfSet | undefined {
    return this.collections.for(name, identity);
  }

  prepared(schema: VisibleSchema, query: string, operationName?: string): PreparedOperation | undefined {
    return ofSet(schema).operations.get(operationKey(query, operationName));
  }

  prepare(schema: VisibleSchema, query: string, operationName?: string): { operation: PreparedOperation } | { errors: readonly GraphQLFormattedError[] } {
    const key = operationKey(query, operationName);
    const known = ofSet(schema).operations.get(key);
    if (known) return { operation: known };
    try {
      return this.prepareNew(schema, query, operationName, key);
    } catch (error) {
      if (isStackExhausted(error)) return { errors: [formatAt(documentTooDeep, undefined, unasked, this.options.report)] };
      throw error;
    }
  }

  private prepareNew(schema: VisibleSchema, query: string, operationName: string | undefined, key: string): ReturnType<Engine['prepare']> {
    const context = unasked;
    const failed = (errors: readonly GraphQLError[], code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'BAD_USER_INPUT'): { errors: readonly GraphQLFormattedError[] } =>
      ({ errors: errors.map((error) => formatGraphQLError(error, code, context, this.options.report)) });
    let document: DocumentNode;
    try {
      document = parse(query, { maxTokens: tokenLimit });
    } catch (error) {
      if (error instanceof GraphQLError) return failed([error], 'GRAPHQL_PARSE_FAILED');
      throw error;
    }
    const { excess, fields } = checkDocument(document, this.options.limits);
    if (excess.length > 0) return failed(excess, 'GRAPHQL_VALIDATION_FAILED');
    const invalid = validate(schema.schema, document, validationRules, { maxErrors: 20, hideSuggestions: true });
    if (invalid.length > 0) return failed(invalid, 'GRAPHQL_VALIDATION_FAILED');
    const operation = findOperation(document, operationName);
    if (operation instanceof GraphQLError) return failed([operation], 'BAD_USER_INPUT');
    // Validation lets an operation pass whose root type the schema lacks.
    if (!schema.schema.getRootType(operation.operation)) return failed([new GraphQLError(`This endpoint has no ${operation.operation}s: send them to /graphql.`, { nodes: operation })], 'BAD_USER_INPUT');
    const prepared: KnownOperation = { kind: operation.operation, document, operation, fragments: fragmentsOf(document), operationName, plans: new PlanCache(), lists: listVariables(schema.schema, operation), coerce: variableCoercion(schema.schema, operation), text: auditedDocument(query), key, fields };
    ofSet(schema).operations.set(key, prepared);
    return { operation: prepared };
  }

  async execute(operation: PreparedOperation, variables: Readonly<Record<string, unknown>>, schema: VisibleSchema, context: RequestContext): Promise<Answer> {
    try {
      const known = operation as KnownOperation;
      this.refuseEnded(context.identity);
      checkNesting(variables);
      const coerced = known.coerce(variables);
      if (coerced.errors) return { errors: coerced.errors.map((error) => formatGraphQLError(error, 'BAD_USER_INPUT', context, this.options.report)) };
      checkLists(known.lists, coerced.coerced, this.options.limits.maxListLength);
      const asking = askingOf(context, this.grants);
      const authority = this.authority(asking, ofSet(schema));
      const bindings = this.bindings(coerced.coerced, asking, context);
      const compiled = this.compiled(known, ofSet(schema), bindings, asking);
      const turn = new Turn(this.options.admission, compiled.load, context);
      const running = this.running.begin(new RunningOperation(compiled, context, asking, authority, true));
      try {
        return await turn.operation(() => {
          this.refuseEnded(context.identity);
          return this.run(running, known, variables, bindings, schema, turn);
        });
      } catch (error) {
        throw running.cause ?? error;
      } finally {
        this.running.end(running);
      }
    } catch (error) {
      return { errors: [formatAt(error, undefined, context, this.options.report)] };
    }
  }

  async subscribe(operation: PreparedOperation, variables: Readonly<Record<string, unknown>>, schema: VisibleSchema, context: RequestContext): Promise<AsyncIterable<ExecutionResult> | Answer> {
    try {
      this.refuseEnded(context.identity);
      checkNesting(variables);
      const result = await subscribe({ schema: schema.schema, document: operation.document, operationName: operation.operationName, variableValues: variables, contextValue: context, rootValue: {} });
      if (Symbol.asyncIterator in result) return result;
      return { errors: (result.errors ?? []).map((error) => formatGraphQLError(error, 'BAD_USER_INPUT', context, this.options.report)) };
    } catch (error) {
      return { errors: [formatAt(error, undefined, context, this.options.report)] };
    }
  }

  close(): void {
    // Schemas hold no resources; they go with the engine.
    this.unfollow?.();
  }

  private bindings(variables: Readonly<Record<string, unknown>>, asking: Asking, context: RequestContext): Bindings {
    return {
      variables, identity: context.identity, requestId: context.requestId, ...(context.purpose === undefined ? {} : { purpose: context.purpose }),
      ...(asking.grants.length > 0 ? { granted: (at: TableAt) => tableAt(this.decide(at.dataset, asking), at)?.grant } : {}),
    };
  }

  async explain({ query, operationName, variables, as, allow }: ExplainRequest, context: RequestContext): Promise<QueryExplanation> {
    const planned = this.planFor({ query, operationName, variables }, context.identity);
    if (planned.variant.datasets.length === 0) throw new DureError('BAD_USER_INPUT', 'The query names no table of a dataset, so there is no statement to explain.');
    allow(planned.variant.datasets);
    // Under an imagined identity links may lead elsewhere; grants are given to people, and an imagined one has none.
    const { variant, bindings } = as ? this.planFor({ query, operationName, variables }, as) : planned;
    allow(variant.datasets);
    const asking = as ? askingOf({ ...context, identity: as }) : askingOf(context, this.grants);
    const plan = authorize(variant.planned.plan, (dataset) => this.decide(dataset, asking));
    const told = await explanationOf(plan, variant.cost, this.options.limits.maxCost, this.options.source, this.bindings(bindings.variables, asking, { ...context, identity: bindings.identity }), variables, context.signal);
    const own = askingOf(context, this.grants);
    return [...planned.variant.datasets, ...variant.datasets].every((dataset) => readsAll(this.decide(dataset, own), this.now())) ? told : withoutEstimates(told);
  }

  /** @throws DureError with what would be answered to this caller */
  private planFor({ query, operationName, variables }: Pick<ExplainRequest, 'query' | 'operationName' | 'variables'>, identity: Identity): { variant: Variant<CompiledOperation>; bindings: Bindings } {
    const schema = this.schemaFor(identity);
    const prepared = this.prepare(schema, query, operationName);
    if ('errors' in prepared) throw new DureError('BAD_USER_INPUT', `The query would not be answered: ${prepared.errors.map(({ message }) => message).join(' ')}`);
    const operation = prepared.operation as KnownOperation;
    if (operation.kind !== 'query') throw new DureError('BAD_USER_INPUT', `A ${operation.kind} has no plan: only queries are explained.`);
    const coerced = getVariableValues(schema.schema, operation.operation.variableDefinitions ?? [], variables, { maxErrors: 20 });
    if (coerced.errors) throw new DureError('BAD_USER_INPUT', `The query would not be answered: ${coerced.errors.map(({ message }) => message).join(' ')}`);
    const bindings: Bindings = { variables: coerced.coerced, identity };
    return { variant: this.planned(operation, schema, bindings), bindings };
  }

  private planned(operation: KnownOperation, schema: SchemaOfSet, bindings: Bindings): Variant<CompiledOperation> {
    const { snapshot } = schema.registry;
    const { made } = operation.plans;
    const variant = operation.plans.find(bindings, () => planOperation({
      schema: schema.schema, snapshot, operation: operation.operation, fragments: operation.fragments, bindings, cursors: this.options.cursors, limits: this.options.limits, links: schema.registry.links,
      rowType: (dataset, major, table) => schema.rowType(dataset, major, table),
    }));
    // It is heavier now.
    if (operation.plans.made !== made) schema.operations.set(operation.key, operation);
    return variant;
  }

  private compiled(operation: KnownOperation, schema: SchemaOfSet, bindings: Bindings, asking: Asking): CompiledOperation {
    const variant = this.planned(operation, schema, bindings);
    if (variant.cost > this.options.limits.maxCost) throw tooCostly(variant.cost, this.options.limits.maxCost);
    const key = variant.datasets.map((dataset) => this.decide(dataset, asking).key).join('\n');
    let compiled = variant.compiled.get(key);
    if (!compiled) {
      compiled = compileOperation(variant.planned, (dataset) => this.decide(dataset, asking), this.options.source, variant.cost, this.options.audit === 'none' ? undefined : this.options.audit);
      variant.compiled.set(key, compiled);
    }
    return compiled;
  }

  private async run(running: RunningOperation, operation: KnownOperation, variables: Readonly<Record<string, unknown>>, bindings: Bindings, schema: VisibleSchema, turn: Turn): Promise<Answer> {
    const { compiled, context } = running;
    const errors: GraphQLFormattedError[] = compiled.refusals.map(({ path, error }) => formatAt(error, path, context, this.options.report));
    for (const { path, error } of representationFaults(compiled.skeleton, bindings)) errors.push(formatAt(error, path, context, this.options.report));
    const audit = this.options.audit === 'none' || compiled.accesses.length === 0 ? undefined : this.options.audit;
    const told = audit?.log.expect();
    const work = Promise.all([this.rows(running, bindings, errors, turn), this.resolve(compiled, operation, variables, schema, context, turn)]);
    // Who waits for a source elsewhere keeps no place before the database from others, nor who waits for the audit.
    if (compiled.plan.elsewhere) turn.release();
    const [{ answers, noise }, resolved] = await work.catch((error: unknown) => { told?.(); throw error; });
    turn.release();
    for (const error of resolved?.errors ?? []) errors.push(formatGraphQLError(error, 'BAD_USER_INPUT', context, this.options.report));
    const recording = audit && recordAccesses({ accesses: compiled.accesses, roots: compiled.roots, document: operation.text, operationName: operation.operation.name?.value, variables, answers, errors, spent: noise?.spent }, context, audit);
    told?.();
    const recorded = await recording;
    // What a mutation did is told to whoever did it, also when it ended their own token.
    if (running.told) this.refuseEnded(context.identity);
    else if (operation.kind === 'query' || compiled.levels.length > 0) this.refuseNoLonger(running);
    const nothing = resolved !== undefined && (resolved.data === null || resolved.data === undefined);
    const data = nothing ? 'null' : assemble(compiled.skeleton, { bindings, resolved: resolved?.data, root: (index) => recorded?.get(index) ?? answers.get(index)?.json ?? 'null' });
    // What a mutation did is told however long it is.
    if (data.length > this.options.limits.maxResponseBytes && operation.kind === 'query') throw answerTooLarge(this.options.limits.maxResponseBytes);
    return { data, ...(errors.length > 0 ? { errors } : {}), ...this.extensions(compiled, answers.provenance, bindings, context, noise?.told) };
  }

  /** The rows of every root, in one statement. Where it fails, each root is null with the error. */
  private async rows(running: RunningOperation, bindings: Bindings, errors: GraphQLFormattedError[], turn: Turn): Promise<{ readonly answers: Answers; readonly noise?: PaidNoise }> {
    const { compiled, context } = running;
    const roots = compiled.levels;
    if (roots.length === 0) return { answers: new Map() };
    let noise: PaidNoise | undefined;
    try {
      const { plan, budgets } = compiled;
      this.refuseFrozen(compiled);
      if (budgets.length > 0) await turn.within(() => this.takeBudgets(compiled, context));
      if (compiled.noisy.size > 0) noise = await turn.within(() => this.payNoise(compiled, bindings));
      const told = noise ? { ...bindings, noise: noise.draw } : bindings;
      const answers = await (plan.elsewhere ? turn.away(() => plan.run(told, running.signal, turn)) : turn.within(() => plan.run(told, running.signal)));
      this.refuseNoLonger(running);
      for (const { index, level } of roots) {
        const closed = answers.get(index)?.closed;
        if (closed) errors.push(formatAt(closed, level.path, context, this.options.report));
      }
      for (const { path, error } of answers.errors ?? []) errors.push(formatAt(error, path, context, this.options.report));
      return { answers, noise };
    } catch (error) {
      running.told = running.cause !== undefined;
      for (const { level } of roots) errors.push(formatAt(running.cause ?? error, level.path, context, this.options.report));
      // What was paid is told, also where no answer came.
      return { answers: new Map(), noise };
    }
  }

  /** An operation of our own under the caller's rights, as part of one that was let in already. */
  private async ask(query: string, variables: Readonly<Record<string, unknown>>, schema: VisibleSchema, context: RequestContext, turn: Turn): ReturnType<NonNullable<RequestContext['ask']>> {
    // What asks waits for nothing but this; this takes a place where it needs one.
    turn.release();
    const prepared = this.prepare(schema, query);
    if ('errors' in prepared) throw new Error(`an operation of our own is wrong: ${prepared.errors[0]?.message}`);
    const known = prepared.operation as KnownOperation;
    const asking = askingOf(context, this.grants);
    const authority = this.authority(asking, ofSet(schema));
    const bindings = this.bindings(variables, asking, context);
    const running = this.running.begin(new RunningOperation(this.compiled(known, ofSet(schema), bindings, asking), context, asking, authority, false));
    const { data, errors = [] } = await this.run(running, known, variables, bindings, schema, turn).finally(() => this.running.end(running));
    return { data: (typeof data === 'string' ? JSON.parse(data) : (data ?? {})) as Readonly<Record<string, unknown>>, whole: !errors.some(({ extensions }) => extensions?.code === 'LIMIT_EXCEEDED') };
  }

  private async resolve(compiled: CompiledOperation, operation: KnownOperation, variables: Readonly<Record<string, unknown>>, schema: VisibleSchema, context: RequestContext, turn: Turn): Promise<ExecutionResult | undefined> {
    if (!compiled.resolved) return undefined;
    const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [compiled.resolved, ...Object.values(operation.fragments)] };
    const further: RequestContext = { ...context, explainer: this, ask: (query, values) => this.ask(query, values, schema, context, turn) };
    return execute({ schema: schema.schema, document, variableValues: variables, contextValue: further, rootValue: {} });
  }

  private payNoise({ noisy }: CompiledOperation, bindings: Bindings): Promise<PaidNoise> {
    if (!this.options.noise) throw new DureError('SUPPRESSED', 'A rule offers figures with noise, and this server keeps no accounts for them: nothing is answered.');
    return payNoise(noisy, bindings, this.options.noise);
  }

  /** What is counted was allowed by the rules and is about to run. @throws DureError LIMIT_EXCEEDED */
  private async takeBudgets(compiled: CompiledOperation, { identity }: RequestContext): Promise<void> {
    if (!this.options.budgets) throw new DureError('LIMIT_EXCEEDED', 'A rule counts operations, and this server has no counter: nothing is answered.');
    const result = await this.options.budgets.take(budgetCaller(identity), compiled.budgets);
    if (result) throw budgetExceeded(result.exceeded, result.resetsAt);
  }

  /** What grants and overrides say differs from caller to caller of one compiled operation, so it is put beside the rest here. */
  private extensions(compiled: CompiledOperation, provenance: readonly unknown[] | undefined, bindings: Bindings, context: RequestContext, noise?: readonly unknown[]): Pick<Answer, 'extensions'> {
    for (const { dataset, override } of compiled.overrides) this.options.onOverride?.({ dataset: datasetPath(dataset), override: override.id, subject: context.identity.subject, requestId: context.requestId });
    const extensions = extensionsOf(compiled, provenance);
    if (compiled.granted.length === 0 && !noise) return extensions;
    return { extensions: { ...extensions.extensions, ...(compiled.granted.length > 0 ? { grants: grantsUsed(compiled.granted, bindings) } : {}), ...(noise ? { noise } : {}) } };
  }

  private decide(dataset: Dataset, asking: Asking): DatasetDecision {
    let known = this.decisions.get(asking);
    if (!known) this.decisions.set(asking, (known = new WeakMap()));
    let decision = known.get(dataset);
    const now = this.now();
    if (!decision || (decision.validUntil !== undefined && decision.validUntil <= now)) known.set(dataset, (decision = decideDataset(dataset, asking, now)));
    return decision;
  }

  /** The catalog may have moved while the operation waited or ran. @throws DureError FORBIDDEN */
  private refuseFrozen({ datasets }: CompiledOperation): void {
    const { datasets: now } = this.options.snapshot();
    for (const { id } of datasets) {
      const dataset = now.get(id);
      if (dataset?.freeze) throw frozenError(dataset);
    }
  }

  /** Of the schema's own catalog: the plan is made of what it shows. */
  private authority(asking: Asking, schema: SchemaOfSet): Authority {
    return { asking, revision: schema.registry.snapshot.revision, standing: this.options.standing?.changes ?? 0 };
  }

  /** @throws DureError FORBIDDEN, UNAUTHENTICATED */
  private refuseNoLonger(running: RunningOperation): void {
    const cause = this.noLonger(running);
    if (cause) throw (running.cause ??= cause);
  }

  /** Why nothing of an operation may be answered any more. Two numbers are compared while nothing has changed. */
  private noLonger(running: RunningOperation): DureError | undefined {
    const { authority, context: { identity } } = running;
    if (running.cause) return running.cause;
    if (identity.expiresAt !== undefined && identity.expiresAt <= Date.now()) return tokenExpired();
    const snapshot = this.options.snapshot();
    const standing = this.options.standing?.changes ?? 0;
    if (authority.revision === snapshot.revision && authority.standing === standing) return undefined;
    try {
      this.refuseEnded(identity);
      this.refuseFrozen(running.compiled);
    } catch (error) {
      return error as DureError;
    }
    const asking = askingOf(running.context, this.grants);
    for (const at of running.compiled.reads) {
      const dataset = snapshot.datasets.get(at.dataset.id);
      if (!dataset || !stillHolds(this.decide(at.dataset, running.then), this.decide(dataset, asking), at)) return noLonger();
    }
    running.authority = { asking, revision: snapshot.revision, standing };
    return undefined;
  }

  /** Also of a socket that is open since before. @throws DureError UNAUTHENTICATED or FORBIDDEN */
  private refuseEnded(identity: Identity): void {
    this.options.standing?.require(identity);
    if (identity.expiresAt !== undefined && identity.expiresAt <= Date.now()) throw tokenExpired();
  }
}

function tokenExpired(): DureError {
  return new DureError('UNAUTHENTICATED', 'The token has expired. Get a new one and ask again.', { reason: 'TOKEN_EXPIRED' });
}

function noLonger(): DureError {
  return new DureError('FORBIDDEN', 'What you may read here has changed while this was being answered, so nothing of it is given. Ask again.', { reason: 'NO_LONGER' });
}

/** The grants that an answer rests on, with what their holder promised. */
function grantsUsed(granted: CompiledOperation['granted'], bindings: Bindings): readonly unknown[] {
  const used = new Map<string, unknown>();
  for (const at of granted) {
    const grant = bindings.granted?.(at) as Grant | undefined;
    if (grant) used.set(grant.id, { id: grant.id, dataset: datasetPath(at.dataset), ...(grant.until ? { until: grant.until.toISOString() } : {}), ...(grant.conditions ? { conditions: grant.conditions } : {}) });
  }
  return [...used.values()];
}

function ofSet(schema: VisibleSchema): SchemaOfSet {
  return schema as SchemaOfSet;
}

function operationKey(query: string, operationName: string | undefined): string {
  return operationName === undefined ? query : `${operationName}\n${query}`;
}

function findOperation(document: DocumentNode, name: string | undefined): OperationDefinitionNode | GraphQLError {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (name === undefined) {
    if (operations.length === 1) return operations[0]!;
    return new GraphQLError(operations.length === 0 ? 'The document has no operation.' : 'The document has several operations: name one in operationName.');
  }
  return operations.find((operation) => operation.name?.value === name) ?? new GraphQLError(`The document has no operation named ${JSON.stringify(name.slice(0, 100))}.`);
}

function fragmentsOf(document: DocumentNode): Readonly<Record<string, FragmentDefinitionNode>> {
  return Object.fromEntries(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [])));
}

function tooCostly(actual: number, limit: number): DureError {
  return new DureError('LIMIT_EXCEEDED', `The operation may cost ${actual}, ${limit} are allowed: page sizes multiply down the levels, aggregates and groups weigh more. Ask for smaller pages with first and page on with after, nest less, or split the request.`, { limit, actual });
}

/** What sources elsewhere say stands behind what is known of our own. */
function extensionsOf({ extensions }: CompiledOperation, provenance: readonly unknown[] = []): { readonly extensions?: Readonly<Record<string, unknown>> } {
  if (provenance.length === 0) return extensions ? { extensions } : {};
  return { extensions: { ...extensions, provenance: [...((extensions?.provenance as readonly unknown[] | undefined) ?? []), ...provenance] } };
}
