using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MusicGen.Infrastructure.Persistence.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Proofs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "RemindedOfDays",
                table: "PersonalAccessTokens",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Seal",
                table: "Passkeys",
                type: "TEXT",
                maxLength: 128,
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "Proof",
                table: "AuditEntries",
                type: "TEXT",
                maxLength: 32,
                nullable: true);

            migrationBuilder.CreateTable(
                name: "AdminRoster",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AdminRoster", x => x.Id);
                });

            migrationBuilder.InsertData(
                table: "AdminRoster",
                columns: new[] { "Id", "Version" },
                values: new object[] { 1, 0L });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "AdminRoster");

            migrationBuilder.DropColumn(
                name: "RemindedOfDays",
                table: "PersonalAccessTokens");

            migrationBuilder.DropColumn(
                name: "Seal",
                table: "Passkeys");

            migrationBuilder.DropColumn(
                name: "Proof",
                table: "AuditEntries");
        }
    }
}
