Console.WriteLine("programs");
