using System.Reflection;
using Microsoft.Data.SqlClient;

namespace MusicGen.Integration.Support;

/// <summary>What SQL Server would say: its client makes such an exception of a server's answer alone.</summary>
internal static class ServerErrors
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    public static SqlException Make(int number, string message)
    {
        var constructor = typeof(SqlError).GetConstructors(Hidden).MinBy(c => c.GetParameters().Length)!;
        var error = constructor.Invoke([.. constructor.GetParameters().Select(p => p.Name switch
        {
            "infoNumber" => number,
            "errorMessage" => message,
            _ when p.ParameterType == typeof(string) => string.Empty,
            _ when p.ParameterType.IsValueType => Activator.CreateInstance(p.ParameterType),
            _ => null,
        })]);
        var errors = Activator.CreateInstance(typeof(SqlErrorCollection), nonPublic: true)!;
        typeof(SqlErrorCollection).GetMethod("Add", Hidden)!.Invoke(errors, [error]);
        return (SqlException)typeof(SqlException).GetMethod("CreateException", Hidden, [typeof(SqlErrorCollection), typeof(string)])!.Invoke(null, [errors, "16.0"])!;
    }
}
