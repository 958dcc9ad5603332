/** Apollo Server, type-graphql, TypeORM and dataloader, as teams usually write them. */
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import DataLoader from 'dataloader';
import { Arg, buildSchema, Ctx, Field, FieldResolver, Float, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { DataSource, In, PrimaryColumn, Column, Entity } from 'typeorm';

@ObjectType() @Entity({ name: 'compounds', schema: 'bench' })
class Compound {
  @Field(() => Int) @PrimaryColumn('int') id!: number;
  @Field(() => String) @Column('text') name!: string;
  @Field(() => String) @Column('text') formula!: string;
  @Field(() => Float) @Column('float8') mass!: number;
  @Field(() => Float) @Column('float8') logp!: number;
  @Field(() => Int) @Column('int') batch!: number;
  @Field(() => String) @Column('date') made!: string;
  @Field(() => Int) @Column('int') grade!: number;
  @Column('int', { name: 'lab_id' }) labId!: number;
}

@ObjectType() @Entity({ name: 'assays', schema: 'bench' })
class Assay {
  @Field(() => Int) @PrimaryColumn('int') id!: number;
  @Field(() => String) @Column('date') day!: string;
  @Field(() => Float) @Column('float8') value!: number;
  @Field(() => String) @Column('text') type!: string;
  @Field(() => Int) @Column('int') run!: number;
  @Field(() => Int) @Column('int') grade!: number;
  @Column('int', { name: 'compound_id' }) compoundId!: number;
}

@ObjectType()
class Stat {
  @Field(() => String) type!: string;
  @Field(() => Int) count!: number;
  @Field(() => Float) avg!: number;
  @Field(() => Float) max!: number;
}

interface Loaders { readonly assays: DataLoader<number, Assay[]>; readonly compounds: DataLoader<number, Compound | undefined> }

const source = await new DataSource({ type: 'postgres', url: process.env.BENCH_URL, entities: [Compound, Assay], extra: { max: Number(process.env.BENCH_POOL) } }).initialize();
const compounds = source.getRepository(Compound);
const assays = source.getRepository(Assay);

function loaders(): Loaders {
  return {
    assays: new DataLoader<number, Assay[]>(async (ids) => {
      const by = Map.groupBy(await assays.find({ where: { compoundId: In([...ids]) }, order: { id: 'ASC' } }), (assay) => assay.compoundId);
      return ids.map((id) => (by.get(id) ?? []).slice(0, 10));
    }),
    compounds: new DataLoader<number, Compound | undefined>(async (ids) => {
      const by = new Map((await compounds.find({ where: { id: In([...ids]) } })).map((compound) => [compound.id, compound]));
      return ids.map((id) => by.get(id));
    }),
  };
}

@Resolver(() => Compound)
class CompoundResolver {
  @Query(() => Compound, { nullable: true })
  compound(@Arg('id', () => Int) id: number): Promise<Compound | null> { return compounds.findOneBy({ id }); }

  @Query(() => [Compound])
  page(@Arg('lab', () => Int) labId: number): Promise<Compound[]> { return compounds.find({ where: { labId }, order: { mass: 'DESC' }, take: 100 }); }

  @Query(() => [Compound])
  batch(@Arg('batch', () => Int) batch: number): Promise<Compound[]> { return compounds.find({ where: { batch }, order: { id: 'ASC' }, take: 20 }); }

  @FieldResolver(() => [Assay])
  assays(@Root() compound: Compound, @Ctx() context: Loaders): Promise<Assay[]> { return context.assays.load(compound.id); }
}

@Resolver(() => Assay)
class AssayResolver {
  @Query(() => [Assay])
  run(@Arg('run', () => Int) run: number): Promise<Assay[]> { return assays.find({ where: { run }, order: { id: 'ASC' }, take: 1000 }); }

  @Query(() => [Stat])
  stats(@Arg('from', () => String) from: string, @Arg('to', () => String) to: string): Promise<Stat[]> {
    return assays.createQueryBuilder('a').select('a.type', 'type').addSelect('count(*)::int', 'count').addSelect('avg(a.value)', 'avg').addSelect('max(a.value)', 'max')
      .where('a.day >= :from and a.day < :to', { from, to }).groupBy('a.type').orderBy('a.type').getRawMany<Stat>();
  }

  @FieldResolver(() => Compound, { nullable: true })
  compound(@Root() assay: Assay, @Ctx() context: Loaders): Promise<Compound | undefined> { return context.compounds.load(assay.compoundId); }
}

const server = new ApolloServer<Loaders>({ schema: await buildSchema({ resolvers: [CompoundResolver, AssayResolver], validate: false }) });
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' }, context: async () => loaders() });
process.send!({ port: Number(new URL(url).port) });
