using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>Lets <c>dotnet ef</c> make migrations without a configuration or a file.</summary>
internal sealed class SqliteDesignTimeFactory : IDesignTimeDbContextFactory<SqliteMusicGenDbContext>
{
    public SqliteMusicGenDbContext CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<SqliteMusicGenDbContext>();
        SqliteMusicGenDbContext.Configure(builder, "Data Source=:memory:");
        return new SqliteMusicGenDbContext(builder.Options);
    }
}

/// <summary>Lets <c>dotnet ef</c>, and whoever wants the script, make migrations without a server.</summary>
internal sealed class SqlServerDesignTimeFactory : IDesignTimeDbContextFactory<SqlServerMusicGenDbContext>
{
    public SqlServerMusicGenDbContext CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<SqlServerMusicGenDbContext>();
        SqlServerMusicGenDbContext.Configure(builder, "Server=localhost;Database=musicgen");
        return new SqlServerMusicGenDbContext(builder.Options);
    }
}
