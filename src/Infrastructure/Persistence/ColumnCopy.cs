using System.Data.Common;
using System.Reflection;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>
/// A column in two databases. What is stored is taken over as it is, so that no text is read and written anew; only where
/// the two store a type differently, as SQLite does moments, does it go through the model's value.
/// </summary>
internal sealed class ColumnCopy
{
    private readonly RelationalTypeMapping _from;
    private readonly RelationalTypeMapping _to;
    private readonly RelationalTypeMapping _stored;
    private readonly MethodInfo _read;
    private readonly bool _asItIs;
    private readonly bool _nullable;

    /// <param name="from">The column that is read.</param>
    /// <param name="to">The one that is written.</param>
    /// <param name="types">Of the database that is written.</param>
    public ColumnCopy(IColumn from, IColumn to, IRelationalTypeMappingSource types)
    {
        Name = to.Name;
        (_from, _to) = (from.PropertyMappings[0].TypeMapping, to.PropertyMappings[0].TypeMapping);
        _read = _from.GetDataReaderMethod();
        _asItIs = from.ProviderClrType == to.ProviderClrType;
        _stored = types.FindMapping(to.ProviderClrType, to.StoreType)
            ?? throw new InvalidOperationException($"{to.Table.Name}.{to.Name}: no value of {to.ProviderClrType.Name} is stored as {to.StoreType}.");
        _nullable = to.IsNullable;
    }

    public string Name { get; }

    /// <summary>The row's value as the other database stores it.</summary>
    public object? Read(DbDataReader row, int ordinal)
    {
        if (row.IsDBNull(ordinal))
            return null;
        var stored = _read.Invoke(row, BindingFlags.DoNotWrapExceptions, binder: null, [ordinal], culture: null);
        return _asItIs ? stored : ToStored(_from.Converter is { } converter ? converter.ConvertFromProvider(stored) : stored);
    }

    /// <summary>A parameter for such a value, of the column's type whatever the value is.</summary>
    public DbParameter Parameter(DbCommand command, string name, object? value) => _stored.CreateParameter(command, name, value, _nullable);

    private object? ToStored(object? value) => _to.Converter is { } converter ? converter.ConvertToProvider(value) : value;
}
