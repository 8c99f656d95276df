namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>Other words that people use for what the vocabulary names. A phrase is its words with single spaces, at most three.</summary>
internal static class Thesaurus
{
    public static readonly IReadOnlyList<(string Name, string Phrases)> Genres =
    [
        ("jazz", "swing|bebop|bop|bossa|bossa nova|jazzy|dixieland|cool jazz|smooth jazz|latin jazz|lounge|noir|big band|ragtime|gypsy jazz|smoky bar"),
        ("classical", "baroque|sonata|minuet|sonatina|concerto|chamber music|chamber|string quartet|fugue|nocturne|etude|mozart|beethoven|rococo|menuet|serenade"),
        ("rock", "punk|grunge|indie|rocknroll|rock and roll|rock n roll|garage rock|surf|hard rock|indie rock|post rock|alternative|stadium|rockabilly|britpop"),
        ("electronic", "edm|techno|house|trance|dubstep|synthwave|dance|dnb|chiptune|drum and bass|electro|club|rave|8 bit|deep house|idm|breakbeat|retrowave|eurodance|vaporwave|video game|dancefloor"),
        ("ambient", "drone|soundscape|meditation|atmospheric|newage|new age|spa|yoga|background|sleep music|space music|relaxation|healing|drifting"),
        ("folk", "celtic|irish|medieval|scottish|balkan|klezmer|traditional|sea shanty|shanty|campfire|tavern|pastoral|renaissance|nordic|jig|reel"),
        ("blues", "bluesy|boogie|delta blues|twelve bar|12 bar|boogie woogie|juke joint"),
        ("country", "bluegrass|western|cowboy|americana|nashville|honky tonk|hoedown|ranch|rodeo"),
        ("reggae", "ska|dub|rocksteady|dancehall|jamaican|island|caribbean|rasta"),
        ("hip-hop", "hiphop|rap|trap|lofi|boombap|boom bap|lo fi|chillhop|beats to study|study beats|rnb|r and b|old school"),
        ("pop", "disco|funk|soul|motown|funky|synthpop|k pop|j pop|chart|radio|groovy|city pop|singer songwriter|latin|samba|salsa"),
        ("metal", "thrash|doom|death metal|black metal|metalcore|heavy metal|djent|power metal|headbanging|mosh"),
        ("orchestral", "cinematic|symphony|symphonic|soundtrack|film|trailer|orchestra|film score|movie|score|overture|fanfare|philharmonic|battle|adventure|fantasy"),
        ("acoustic", "unplugged|fingerstyle|coffeehouse|bedroom|stripped down|stripped back"),
    ];

    public static readonly IReadOnlyList<(string Name, string Phrases)> Moods =
    [
        ("happy", "joyful|cheerful|joy|sunny|merry|jolly|glad|delighted|feel good|smiling|jubilant|gleeful|good mood"),
        ("sad", "sorrowful|tragic|grief|mournful|crying|heartbroken|heartbreaking|gloomy|weeping|sombre|somber|funeral|lament|depressing|unhappy|sorrow|tearful"),
        ("energetic", "driving|lively|powerful|vigorous|party|pumping|dynamic|workout|running|high energy|hyper|exciting|racing|sporty|electrifying"),
        ("calm", "relaxing|relaxed|chill|soothing|gentle|mellow|lullaby|sleep|tender|laid back|easygoing|chilled|restful|bedtime|smooth"),
        ("dramatic", "tense|suspenseful|suspense|tension|thriller|theatrical|stormy|ominous|foreboding"),
        ("peaceful", "tranquil|quietude|idyllic|harmonious|pastoral|zen|meditative|contemplative"),
        ("melancholic", "melancholy|wistful|bittersweet|lonely|rainy|longing|yearning|pensive|moody|blue|autumn|autumnal|solitary"),
        ("uplifting", "inspiring|hopeful|motivational|optimistic|inspirational|encouraging|positive|soaring|bright future|sunrise|heartwarming"),
        ("mysterious", "dark|eerie|spooky|haunting|mystic|mystical|creepy|enigmatic|occult|ghostly|shadowy|secretive|detective|horror|scary|sinister"),
        ("romantic", "love|romance|sensual|passionate|intimate evening|candlelight|wedding|love song|loving|affectionate|amorous"),
        ("epic", "heroic|grand|majestic|monumental|legendary|colossal|massive|larger than life|battle|warrior"),
        ("nostalgic", "nostalgia|vintage|retro|old fashioned|memories|reminiscent|sentimental|childhood|homesick"),
        ("playful", "whimsical|quirky|funny|fun|bouncy|silly|cartoon|comic|mischievous|cute|humorous|childlike|goofy|lighthearted"),
        ("intense", "aggressive|angry|brutal|heavy|fierce|furious|raging|violent|relentless|chaotic|frenetic|savage"),
        ("serene", "ethereal|dreamy|floating|celestial|heavenly|weightless|angelic|blissful|spiritual|sacred"),
        ("triumphant", "victorious|victory|glorious|winning|champion|conquering|celebration|celebratory|proud|ceremonial"),
    ];

    public static readonly IReadOnlyList<(string Name, string Phrases)> Instruments =
    [
        ("piano", "grand piano|upright piano|keyboard|felt piano|pianos"),
        ("acoustic guitar", "guitar|guitars|fingerpicking|nylon guitar|classical guitar|steel guitar|spanish guitar|acoustic guitars|fingerpicked guitar|strummed guitar"),
        ("electric guitar", "clean guitar|twangy guitar|lead guitar|rhythm guitar|guitar solo|telecaster|stratocaster"),
        ("distorted guitar", "heavy guitar|heavy guitars|overdriven guitar|distorted guitars|fuzz guitar|power chords|guitar riff|guitar riffs|crunchy guitar|shredding"),
        ("electric piano", "rhodes|keys|wurlitzer|e piano|fender rhodes"),
        ("bells", "glockenspiel|chimes|bell|tubular bells|church bells|sleigh bells"),
        ("violin", "fiddle|violins|fiddles|solo violin"),
        ("viola", "violas"),
        ("cello", "cellos|celli|violoncello"),
        ("saxophone", "sax|saxophones|alto sax|tenor sax|saxes"),
        ("vibraphone", "vibes|vibraphones"),
        ("marimba", "xylophone|marimbas|balafon"),
        ("french horn", "horn|french horns"),
        ("brass", "horns|brass section|horn section|brass band|tuba"),
        ("trumpet", "trumpets|flugelhorn|cornet|muted trumpet|bugle"),
        ("trombone", "trombones"),
        ("flute", "flutes|piccolo|recorder|pan flute|tin whistle|whistle|whistling|panpipes|bansuri"),
        ("clarinet", "clarinets|bassoon|bass clarinet"),
        ("oboe", "oboes|english horn|cor anglais|woodwind|woodwinds|winds"),
        ("synth", "synthesizer|synthesizers|synthesiser|synths|arpeggiator|analog synth|analogue synth|moog|plucks|arpeggios|arps"),
        ("lead", "synth lead|lead synth|lead synths|theremin|saw lead"),
        ("pad", "pads|synth pad|synth pads|warm pad|lush pads|textures"),
        ("drums", "drum|beat|beats|drumming|drum kit|drum machine|808|kick drum|breakbeats|drumset|backbeat|four on the|brushes"),
        ("percussion", "conga|congas|bongos|shaker|tambourine|djembe|taiko|timpani|cajon|hand drums|claps|handclaps|maracas|castanets|tabla|cowbell"),
        ("choir", "voices|vocals|chorus|choral|choirs|humming|chant|chanting|oohs|aahs|vocal|singers"),
        ("double bass", "contrabass|upright bass|walking bass|acoustic bass|standup bass|basses"),
        ("bass", "bass guitar|electric bass|slap bass|bassline|bass line|fretless bass|picked bass"),
        ("synth bass", "sub bass|808 bass|acid bass|reese bass|deep bass|sub"),
        ("strings", "string section|string quartet|string orchestra|violins and cellos|orchestral strings|pizzicato"),
        ("celesta", "music box|musical box|toy piano"),
        ("harpsichord", "cembalo|clavichord|spinet"),
        ("organ", "hammond|church organ|pipe organ|organs|hammond organ"),
        ("accordion", "concertina|bandoneon|musette"),
        ("harmonica", "mouth organ|blues harp"),
        ("kalimba", "mbira|thumb piano|handpan|steel drum|steelpan"),
        ("banjo", "banjos"),
        ("mandolin", "mandolins|bouzouki"),
        ("ukulele", "uke|ukuleles"),
        ("harp", "harps|lyre|koto"),
        ("sitar", "sitars|tanpura"),
    ];

    /// <summary>Places in the genre's range of tempos.</summary>
    public static readonly IReadOnlyList<(double Pace, string Phrases)> Paces =
    [
        (-0.2, "very slow|extremely slow|grave|larghissimo|glacial"),
        (0.05, "slow|slowly|adagio|largo|lento|ballad|larghetto|slow tempo|slow paced|downtempo|leisurely|unhurried|sluggish"),
        (0.35, "andante|midtempo|mid tempo|walking|medium slow|walking pace|andantino|strolling"),
        (0.5, "moderato|moderate|medium|medium tempo|moderate tempo"),
        (0.7, "upbeat|allegretto|up tempo|uptempo|brisk|catchy"),
        (0.9, "fast|quick|allegro|vivace|fast paced|fast tempo|quickly|rapid|speedy|energetic tempo|con brio|animato"),
        (1.0, "presto|frantic|prestissimo|hectic|breakneck"),
        (1.1, "very fast|extremely fast|super fast|as fast"),
    ];

    public static readonly IReadOnlyList<(Metre Metre, string Phrases)> Metres =
    [
        (Metre.Waltz, "waltz|3/4|minuet|menuet|triple metre|triple meter|waltz time|three four|mazurka"),
        (Metre.Compound, "6/8|jig|six eight|tarantella|barcarolle|siciliana|lilting"),
        (Metre.Nine, "9/8|slip jig|nine eight"),
        (Metre.Twelve, "12/8|twelve eight|doo wop|slow blues"),
        (Metre.March, "2/4|march|polka|two four|marching"),
        (Metre.Common, "4/4|common time|four four|four on the"),
        (Metre.Five, "5/4|five four|in five"),
        (Metre.Seven, "7/4|7/8|seven four|seven eight|in seven"),
    ];

    public static readonly IReadOnlyList<(FormWish Wish, string Phrases)> Wishes =
    [
        (FormWish.QuietStart, "starts quiet|starts quietly|starts soft|starts softly|quiet intro|quiet start|soft intro|begins softly|begins quietly|starting softly|starts gently|starts slow|gentle start|begins quiet|soft start|slow start|starting quietly|opens softly|starts calm"),
        (FormWish.BuildUp, "builds up|build up|building up|builds|crescendo|grows|rising|gradually louder|buildup|building|swells|gets louder|growing|intensifies|slow build|escalates|gathers pace|builds slowly|builds to"),
        (FormWish.FadeOut, "fade out|fades out|fades away|fading out|diminuendo|decrescendo|dies away|fade away|fadeout|fades"),
        (FormWish.LoudEnd, "big ending|big finish|grand finale|finale|climax|loud ending|ends loud|ends loudly|strong ending|powerful ending|explosive ending|big finale"),
        (FormWish.QuietEnd, "soft ending|quiet ending|gentle ending|ends softly|ends quietly|calm ending|ends gently|peaceful ending|ends calmly|winds down"),
        (FormWish.Drop, "drop|drops|breakdown|bass drop|beat drop|breaks down|the drop"),
    ];

    /// <summary>What adds to energy, brightness and space.</summary>
    public static readonly IReadOnlyList<(string Phrases, double Energy, double Brightness, double Space)> Colours =
    [
        ("loud|strong|hard|forte|loudly|powerfully|punchy|forceful", 0.25, 0.1, 0.0),
        ("fortissimo|very loud|deafening|ff", 0.35, 0.2, 0.0),
        ("mezzoforte|mezzo forte|mf", 0.08, 0.0, 0.0),
        ("soft|quiet|softly|quietly|delicate|hushed|mezzo piano|mezzopiano|mp|subtle|understated|gently", -0.25, -0.1, 0.0),
        ("pianissimo|very quiet|very soft|whispering|pp|barely audible", -0.35, -0.2, 0.1),
        ("sparse|minimal|minimalist|simple|minimalistic|bare|empty", -0.2, 0.0, 0.1),
        ("busy|dense|rich|lush|layered|full|thick|complex", 0.12, 0.0, 0.1),
        ("bright|shiny|sparkling|crisp|shimmering|brilliant|sparkly|clear|glittering|glassy", 0.0, 0.3, 0.0),
        ("warm|dull|muffled|deep|mellow tone|low|rounded|velvety|cozy|cosy|dusty", 0.0, -0.25, 0.0),
        ("spacious|reverb|cathedral|huge|wide|echo|reverberant|echoing|cavernous|church|vast|big hall", 0.0, 0.0, 0.35),
        ("dry|intimate|close|close up|small room|tight", -0.05, 0.0, -0.3),
        ("gritty|dirty|raw|rough|fuzzy|harsh", 0.12, 0.15, -0.1),
        ("polished|clean|smooth production|silky", 0.0, 0.05, 0.0),
    ];
}
