#pragma warning disable EF1001 // Translating a query for another provider than the one that runs it needs EF's insides.
using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Diagnostics;
using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Storage;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Integration.Persistence;

/// <summary>
/// Hears of every query that is compiled for SQLite in this process, whoever asks it, and can say it again in the SQL of
/// SQL Server without a server: connections and commands are held back, their text is kept.
/// </summary>
internal sealed class QueryRecorder : DbCommandInterceptor, IDbConnectionInterceptor
{
    private static readonly ConcurrentDictionary<string, Expression> Heard = new(StringComparer.Ordinal);

    private readonly List<string> _statements = [];

    /// <summary>What was asked until now, each shape once.</summary>
    public static IReadOnlyCollection<Expression> Queries => [.. Heard.Values];

    // EF compiles a query once in a process, so listening begins before the first test.
    [ModuleInitializer]
    internal static void Listen() => DiagnosticListener.AllListeners.Subscribe(new Listeners());

    /// <summary>The statements of a query on SQL Server, each with its parameters declared.</summary>
    /// <exception cref="InvalidOperationException">It doesn't translate.</exception>
    public static IReadOnlyList<string> ForSqlServer(Expression query)
    {
        var recorder = new QueryRecorder();
        var options = new DbContextOptionsBuilder<SqlServerMusicGenDbContext>()
            .UseSqlServer("Server=nowhere;Database=none").AddInterceptors(recorder).Options;
        using var db = new SqlServerMusicGenDbContext(options);
        var context = db.GetService<IQueryContextFactory>().Create();
        var moved = new Move(db, context).Visit(query);

        var answer = typeof(IQueryable).IsAssignableFrom(moved.Type)
            ? typeof(IEnumerable<>).MakeGenericType(moved.Type.GetGenericArguments()[0])
            : moved.Type;
        var compile = typeof(IDatabase).GetMethod(nameof(IDatabase.CompileQuery))!.MakeGenericMethod(answer);
        var run = (Delegate)compile.Invoke(db.GetService<IDatabase>(), [moved, false])!;
        try
        {
            if (run.DynamicInvoke(context) is System.Collections.IEnumerable rows)
                _ = rows.GetEnumerator().MoveNext();
        }
        catch (System.Reflection.TargetInvocationException e) when (e.InnerException is InvalidOperationException && recorder._statements.Count > 0)
        {
            // First, Single and the like miss the row that nobody sent; the statement is what we came for.
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"This query can't be said in SQL Server's words: {query.Print()}", e);
        }

        return recorder._statements;
    }

    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        Keep(command);
        using var nothing = new DataTable();
        return InterceptionResult<DbDataReader>.SuppressWithResult(nothing.CreateDataReader());
    }

    public override InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result)
    {
        Keep(command);
        return InterceptionResult<int>.SuppressWithResult(0);
    }

    public InterceptionResult ConnectionOpening(DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
        InterceptionResult.Suppress();

    private void Keep(DbCommand command)
    {
        var parameters = command.Parameters.Cast<SqlParameter>().Select(p => $"DECLARE {Name(p)} {TypeOf(p)};\n");
        _statements.Add(string.Concat(parameters) + command.CommandText);
    }

    private static string Name(SqlParameter parameter) => parameter.ParameterName.StartsWith('@') ? parameter.ParameterName : "@" + parameter.ParameterName;

    private static string TypeOf(SqlParameter parameter) => parameter.SqlDbType switch
    {
        SqlDbType.NVarChar => "nvarchar(4000)",
        var type => type.ToString().ToLowerInvariant(),
    };

    private sealed class Listeners : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == DbLoggerCategory.Name)
                value.Subscribe(this, name => name == CoreEventId.QueryCompilationStarting.Name);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Value is QueryExpressionEventData { Context: SqliteMusicGenDbContext } data)
                Keep(data.Expression.Print(), data.Expression);
        }

        // Raw text is SQLite's own (pragmas, its catalogue); nobody asks that of SQL Server.
        private static void Keep(string shape, Expression query)
        {
            var raw = new RawText();
            raw.Visit(query);
            if (!raw.IsThere)
                Heard.TryAdd(shape, query);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    private sealed class RawText : ExpressionVisitor
    {
        public bool IsThere { get; private set; }

        protected override Expression VisitExtension(Expression node)
        {
            IsThere |= node is QueryRootExpression && node.GetType() != typeof(EntityQueryRootExpression);
            return node is QueryRootExpression ? node : base.VisitExtension(node);
        }
    }

    /// <summary>Takes a query from one model to another, and gives its parameters some value.</summary>
    private sealed class Move(DbContext to, QueryContext context) : ExpressionVisitor
    {
        protected override Expression VisitExtension(Expression node)
        {
            if (node is EntityQueryRootExpression root)
                return new EntityQueryRootExpression(to.Model.FindEntityType(root.EntityType.Name)!);
            if (node is QueryParameterExpression parameter)
            {
                context.Parameters[parameter.Name] = SomeValue(parameter.Type);
                return node;
            }

            return base.VisitExtension(node);
        }

        private static object? SomeValue(Type type) =>
            type == typeof(string) ? "text"
            : Nullable.GetUnderlyingType(type) is { } inner ? SomeValue(inner)
            : type.IsArray ? Array.CreateInstance(type.GetElementType()!, 0)
            : type.IsValueType ? Activator.CreateInstance(type)
            : type != typeof(object) && type.GetConstructor(Type.EmptyTypes) is { } constructor ? constructor.Invoke([])
            : null;
    }
}
