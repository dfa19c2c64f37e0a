import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    `java-library`
    alias(libs.plugins.kotlin.jvm)
}

// What Android 7.0 (API 24) has of Java.
java {
    sourceCompatibility = JavaVersion.VERSION_1_8
    targetCompatibility = JavaVersion.VERSION_1_8
}

kotlin {
    compilerOptions {
        jvmTarget = JvmTarget.JVM_1_8
        allWarningsAsErrors = true
        freeCompilerArgs.addAll("-Xjdk-release=8", "-Xsuppress-version-warnings")
    }
}

dependencies {
    implementation(libs.tflite.metadata)
    implementation(libs.flatbuffers)
    compileOnly(libs.json)  // Android has it.
    testImplementation(libs.json)
    testImplementation(libs.junit)
    testImplementation(libs.jna)  // LiteRT on the JVM.
}
