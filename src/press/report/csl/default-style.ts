// The style of reports that name none: authors and year in the text, a list by author. It is this project's own.

export const defaultStyle = `<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0" initialize-with=". " delimiter-precedes-last="contextual" page-range-format="expanded">
  <info><title>Fathom</title><id>fathom</id><updated>2026-01-01T00:00:00+00:00</updated></info>
  <macro name="authors-short">
    <names variable="author">
      <name form="short" and="text" delimiter=", "/>
      <substitute>
        <names variable="editor"/>
        <choose>
          <if type="article article-journal chapter paper-conference entry entry-encyclopedia webpage post-weblog" match="any">
            <text variable="title" form="short" quotes="true"/>
          </if>
          <else><text variable="title" form="short" font-style="italic"/></else>
        </choose>
      </substitute>
    </names>
  </macro>
  <macro name="authors">
    <names variable="author">
      <name name-as-sort-order="all" and="text" sort-separator=", " delimiter=", "/>
      <label form="short" prefix=" (" suffix=")"/>
      <substitute>
        <names variable="editor"/>
        <text macro="title"/>
      </substitute>
    </names>
  </macro>
  <macro name="year">
    <choose>
      <if variable="issued"><date variable="issued"><date-part name="year"/></date></if>
      <else><text term="no date" form="short"/></else>
    </choose>
    <text variable="year-suffix"/>
  </macro>
  <macro name="title">
    <choose>
      <if type="book report thesis webpage software dataset motion_picture song" match="any">
        <text variable="title" font-style="italic"/>
      </if>
      <else><text variable="title"/></else>
    </choose>
  </macro>
  <macro name="edition">
    <choose>
      <if is-numeric="edition">
        <group delimiter=" ">
          <number variable="edition" form="ordinal"/>
          <text term="edition" form="short" strip-periods="true"/>
        </group>
      </if>
      <else><text variable="edition"/></else>
    </choose>
  </macro>
  <macro name="container">
    <group delimiter=", ">
      <group delimiter=" ">
        <choose>
          <if type="chapter paper-conference entry entry-encyclopedia" match="any">
            <text term="in" text-case="capitalize-first"/>
          </if>
        </choose>
        <text variable="container-title" font-style="italic"/>
        <names variable="editor" prefix="(" suffix=")">
          <name initialize-with=". " and="text" delimiter=", "/>
          <label form="short" prefix=", "/>
        </names>
      </group>
      <group>
        <text variable="volume"/>
        <text variable="issue" prefix="(" suffix=")"/>
      </group>
      <text variable="page"/>
      <text variable="number"/>
    </group>
  </macro>
  <macro name="publisher">
    <group delimiter=", ">
      <text variable="genre"/>
      <text variable="publisher"/>
      <text variable="publisher-place"/>
    </group>
  </macro>
  <macro name="access">
    <choose>
      <if variable="DOI"><text variable="DOI" prefix="https://doi.org/"/></if>
      <else><text variable="URL"/></else>
    </choose>
  </macro>
  <citation et-al-min="3" et-al-use-first="1" disambiguate-add-names="true" disambiguate-add-givenname="true" disambiguate-add-year-suffix="true" givenname-disambiguation-rule="primary-name" cite-group-delimiter=", " collapse="year">
    <layout prefix="(" suffix=")" delimiter="; ">
      <group delimiter=", ">
        <text macro="authors-short"/>
        <text macro="year"/>
        <group delimiter=" "><label variable="locator" form="short"/><text variable="locator"/></group>
      </group>
    </layout>
  </citation>
  <bibliography et-al-min="21" et-al-use-first="19" et-al-use-last="true" hanging-indent="true">
    <sort><key macro="authors"/><key macro="year"/><key variable="title"/></sort>
    <layout>
      <group delimiter=". " suffix=".">
        <group delimiter=" "><text macro="authors"/><text macro="year" prefix="(" suffix=")"/></group>
        <text macro="title"/>
        <text macro="edition"/>
        <text macro="container"/>
        <text macro="publisher"/>
      </group>
      <text macro="access" prefix=" "/>
    </layout>
  </bibliography>
</style>
`;
