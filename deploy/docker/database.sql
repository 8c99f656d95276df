-- Makes the database and its user, for compose.yaml; may run again, and sets the password anew. The user owns this
-- database alone: each start brings its shape up. docs/connections.md has finer rights.
IF DB_ID(N'musicgen') IS NULL
    CREATE DATABASE [musicgen];
GO
-- A backup is a snapshot.
ALTER DATABASE [musicgen] SET ALLOW_SNAPSHOT_ISOLATION ON;
GO
IF SUSER_ID(N'musicgen') IS NULL
    CREATE LOGIN [musicgen] WITH PASSWORD = N'$(SQL_PASSWORD)', CHECK_POLICY = ON;
ELSE
    ALTER LOGIN [musicgen] WITH PASSWORD = N'$(SQL_PASSWORD)';
GO
USE [musicgen];
GO
IF USER_ID(N'musicgen') IS NULL
    CREATE USER [musicgen] FOR LOGIN [musicgen];
ALTER ROLE [db_owner] ADD MEMBER [musicgen];
GO
